import type { Argv } from 'yargs'
import type { EdgeClient } from '../../client/index.ts'
import { fetchResults, type FetchedResults } from '../../download/index.ts'
import type { Args, Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, share, table } from '../format.ts'
import { createStatus } from '../status.ts'
import { plain, type Terminal } from '../terminal.ts'
import { jobArgument, jsonOption } from './client-options.ts'

/** Options of everything that fetches. */
export const downloadOptions = (yargs: Argv): Argv =>
  placeOptions(yargs).option('download', {
    type: 'boolean',
    describe: 'fetch the results when the job is over',
  })

const placeOptions = (yargs: Argv): Argv =>
  yargs
    .option('output-dir', { type: 'string', describe: 'folder that gets job-<id> (the current one)' })
    .option('raw', { type: 'boolean', describe: 'folders named by CID instead of by node' })
    .option('force', { type: 'boolean', describe: 'overwrite what is there' })

/** `edge get JOB`: results of all nodes, every block verified, into job-<id>/<node>-<cid>/ with a manifest.json. */
export const get: Command = {
  examples: [
    ['edge get 4b1422ff', 'into ./job-4b1422ff/<node>-<cid>/'],
    ['edge get --raw 4b1422ff', 'into ./job-4b1422ff/raw/<CID>/'],
  ],
  build: (yargs) =>
    placeOptions(jobArgument(jsonOption(yargs))).option('wait', {
      type: 'boolean',
      describe: 'wait for results that are still on their way',
    }),
  run: async (args, terminal) => {
    await fetchInto(connect(args), args['job'] as string, args, terminal)
    return exitCodes.done
  },
}

/** Fetches as the flags say and prints where everything is. */
export async function fetchInto(
  client: EdgeClient,
  job: string,
  args: Args,
  terminal: Terminal,
): Promise<void> {
  terminal.note(`Fetching results of job '${job}'...`)
  const status = createStatus(terminal)
  let fetched: FetchedResults
  try {
    fetched = await fetchResults(client, job, {
      directory: (args['outputDir'] as string | undefined) ?? process.cwd(),
      raw: args['raw'] === true,
      force: args['force'] === true,
      wait: args['wait'] === true || args['download'] === true,
      signal: terminal.signal,
      onProgress: ({ nodeName, bytes: done, totalBytes }) => {
        status.show([`${plain(nodeName)}  fetching  ${bytes(done)} of ${bytes(totalBytes)}`])
      },
    })
  } finally {
    status.end()
  }
  if (args['json'] === true) {
    terminal.printJson(fetched.manifest)
    return
  }
  const rows = fetched.manifest.results.map((result) => [
    plain(result.nodeName),
    result.state,
    String(result.events),
    String(result.clips),
    bytes(result.scannedBytes),
    bytes(result.publishedBytes),
    share(result.publishedBytes, result.scannedBytes),
    result.folder,
  ])
  terminal.print(table(['NODE', 'STATE', 'EVENTS', 'CLIPS', 'SCANNED', 'PUBLISHED', 'SHARE', 'FOLDER'], rows))
  for (const { nodeName } of fetched.manifest.pending) {
    terminal.note(`${plain(nodeName)}: the result is still on its way; fetch again later, or with --wait`)
  }
  terminal.print(`Results for job '${job}' have been written to...`)
  terminal.print(fetched.folder)
}

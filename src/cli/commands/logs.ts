import { z } from 'zod'
import type { JobLogLine } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { isoTime } from '../format.ts'
import { parseOptions } from '../parse-options.ts'
import { parseSince } from '../parse-since.ts'
import { coloured, plain, tinted } from '../terminal.ts'
import { jobArgument, jsonOption } from './client-options.ts'

const Options = z.looseObject({
  job: z.string(),
  follow: z.boolean(),
  tail: z.int().min(0).max(1_000_000).optional(),
  since: z.string().optional(),
  execution: z.string().optional(),
  times: z.boolean().optional(),
  json: z.boolean().optional(),
})

/** `edge job logs JOB`: what its executions print, all at once, each line with its node; with --follow until it is over. */
export const logs: Command = {
  examples: [
    ['edge logs -f 4b1422ff', 'go on printing until the job is over'],
    [
      'edge logs 4b1422ff --since 10m --tail 20 --times',
      'of the last ten minutes, at most 20 lines of each node',
    ],
  ],
  build: (yargs) =>
    jobArgument(jsonOption(yargs))
      .option('follow', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'go on until the job is over',
      })
      .option('tail', { alias: 't', type: 'number', describe: 'only the last lines of each execution' })
      .option('since', {
        type: 'string',
        describe: 'only lines since then: 90s, 10m, 2h, 1d ago, or 2026-11-25T08:00:00Z',
      })
      .option('execution', { alias: 'e', type: 'string', describe: 'only of this execution' })
      .option('times', { type: 'boolean', describe: 'show when each line was printed' }),
  run: async (args, terminal) => {
    const { job, follow, tail, since, execution, times, json } = parseOptions(Options, args)
    // A time asked for, so that they come: 0 is before every line.
    const sinceMs = since === undefined ? (times === true ? 0 : undefined) : parseSince(since)
    const lines = connect(args).logs(job, {
      follow,
      ...(tail === undefined ? {} : { tail }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(execution === undefined ? {} : { execution }),
      signal: terminal.signal,
    })
    const nodes = new NodeNames()
    for await (const line of lines) {
      if (json === true) terminal.print(JSON.stringify(line))
      else
        terminal.print(`${times === true ? `${timeOf(line)} ` : ''}${nodes.before(line)} ${plain(line.text)}`)
    }
    return exitCodes.done
  },
}

/** As wide as a time, also where there is none. */
function timeOf({ atMs }: JobLogLine): string {
  return atMs === undefined ? ' '.repeat('2026-11-25T08:00:00Z'.length) : isoTime(atMs)
}

/** The names before the lines: as wide as the longest so far, each node in a colour of its own. */
class NodeNames {
  readonly #places = new Map<string, number>()
  #width = 0

  before({ nodeName, stream }: JobLogLine): string {
    const name = plain(nodeName)
    const place = this.#places.get(name) ?? this.#places.size
    this.#places.set(name, place)
    this.#width = Math.max(this.#width, name.length)
    const bar = stream === 'stderr' ? coloured('bad', '|') : '|'
    return `${tinted(place, name.padEnd(this.#width))} ${bar}`
  }
}

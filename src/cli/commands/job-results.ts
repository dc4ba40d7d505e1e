import { shortId, type ResultView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, share } from '../format.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { coloured, plain } from '../terminal.ts'
import { jobArgument } from './client-options.ts'

/** `edge job results JOB`: what each node published; `edge get` fetches it. */
export const jobResults: Command = {
  examples: [['edge job results 4b1422ff', 'per node: CID, bytes, events, clips, and whether it is here']],
  build: (yargs) => jobArgument(listOptions(yargs)),
  run: async (args, terminal) => {
    const results = await connect(args).results(args['job'] as string, { signal: terminal.signal })
    printRows(terminal, args, results, columns)
    return exitCodes.done
  },
}

const columns: readonly Column<ResultView>[] = [
  { title: 'NODE', mayCut: true, text: ({ nodeName }) => plain(nodeName) },
  { title: 'EXECUTION', isWide: true, text: ({ executionId }) => shortId(executionId) },
  { title: 'STATE', text: ({ state }) => plain(state) },
  { title: 'EVENTS', text: ({ summary }) => String(summary.events) },
  { title: 'CLIPS', text: ({ summary }) => String(summary.clips) },
  { title: 'FILES', text: ({ summary }) => String(summary.files) },
  { title: 'BYTES', text: ({ summary }) => bytes(summary.bytes) },
  { title: 'SCANNED', text: ({ summary }) => bytes(summary.scannedBytes) },
  { title: 'SHARE', text: ({ summary }) => share(summary.bytes, summary.scannedBytes) },
  {
    title: 'FETCHED',
    text: ({ fetched }) => (fetched ? coloured('good', 'yes') : coloured('busy', 'on its way')),
  },
  { title: 'CID', mayCut: true, text: ({ summary }) => plain(summary.cid) },
]

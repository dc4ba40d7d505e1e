import { ExecutionState, shortId, type ExecutionView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { counted, progressText, reasonText, stateText } from '../format.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { plain } from '../terminal.ts'
import { jobArgument } from './client-options.ts'

/** `edge job executions JOB`: one row for each run on a node, earlier attempts and refused offers too. */
export const jobExecutions: Command = {
  examples: [
    ['edge job executions 4b1422ff', 'where the job runs, how far it is, why something failed'],
    ['edge job executions 4b1422ff --state Failed', 'only what failed'],
  ],
  build: (yargs) =>
    jobArgument(listOptions(yargs)).option('state', {
      type: 'string',
      array: true,
      nargs: 1,
      choices: ExecutionState.options,
      default: [],
      describe: 'only in this state, repeatable',
    }),
  run: async (args, terminal) => {
    const executions = await connect(args).executions(args['job'] as string, { signal: terminal.signal })
    const states = args['state'] as readonly string[]
    const shown = executions.filter(({ state }) => states.length === 0 || states.includes(state))
    printRows(terminal, args, shown, columns)
    return exitCodes.done
  },
}

const columns: readonly Column<ExecutionView>[] = [
  { title: 'ID', text: ({ id }) => shortId(id) },
  { title: 'FULL ID', isWide: true, text: ({ id }) => id },
  { title: 'NODE', mayCut: true, text: ({ nodeName }) => plain(nodeName) },
  { title: 'STATE', text: ({ state }) => stateText(state) },
  { title: 'ATTEMPT', text: ({ attempt }) => String(attempt) },
  { title: 'CREATED', text: ({ createdAtMs }, time) => time(createdAtMs) },
  {
    title: 'RUNNING SINCE',
    isWide: true,
    text: ({ runningAtMs }, time) => (runningAtMs === undefined ? '' : time(runningAtMs)),
  },
  { title: 'UPDATED', text: ({ updatedAtMs }, time) => time(updatedAtMs) },
  { title: 'LINK', isWide: true, text: ({ connectivity }) => connectivity },
  {
    title: 'EXIT',
    isWide: true,
    text: ({ exitCode }) => (exitCode === undefined ? '' : String(exitCode)),
  },
  { title: 'CID', isWide: true, text: ({ result }) => result?.cid ?? '' },
  { title: 'WHAT', mayCut: true, text: whatText },
]

/** How far it is while it runs, else what came of it. */
function whatText({ state, progress, reason, result }: ExecutionView): string {
  if (state === 'Running' && progress !== undefined) return progressText(progress)
  if (reason !== undefined) return reasonText(reason)
  if (result === undefined) return ''
  return `${counted(result.events, 'event')}, ${counted(result.clips, 'clip')}`
}

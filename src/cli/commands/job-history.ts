import { z } from 'zod'
import { shortId, type ExecutionView, type HistoryEntry } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { reasonText } from '../format.ts'
import { listOptions, printRows, type Column } from '../output.ts'
import { parseOptions } from '../parse-options.ts'
import { plain } from '../terminal.ts'
import { jobArgument } from './client-options.ts'

const Options = z.looseObject({
  job: z.string(),
  limit: z.int().min(1).max(10_000),
  execution: z.string().optional(),
})

/** `edge job history JOB`: every change of state of the job and its executions, oldest first. */
export const jobHistory: Command = {
  examples: [
    ['edge job history 4b1422ff', 'what happened to it, oldest first'],
    ['edge job history 4b1422ff --output wide', 'with the exact times'],
  ],
  build: (yargs) =>
    jobArgument(listOptions(yargs))
      .option('limit', { alias: 'n', type: 'number', default: 1000, describe: 'at most so many' })
      .option('execution', { alias: 'e', type: 'string', describe: 'only of this execution' }),
  run: async (args, terminal) => {
    const { job, limit, execution } = parseOptions(Options, args)
    const client = connect(args)
    const { signal } = terminal
    const entries = await client.history(job, { limit }, { signal })
    const names = new Map((await client.executions(job, { signal })).map((view) => [view.id, view]))
    const shown = entries.filter(
      ({ executionId }) => execution === undefined || executionId?.startsWith(execution) === true,
    )
    printRows(terminal, args, shown, columnsWith(names))
    return exitCodes.done
  },
}

function columnsWith(executions: ReadonlyMap<string, ExecutionView>): readonly Column<HistoryEntry>[] {
  return [
    { title: 'TIME', text: ({ atMs }, time) => time(atMs) },
    { title: 'SEQ', isWide: true, text: ({ seq }) => String(seq) },
    {
      title: 'WHAT',
      text: ({ executionId }) => (executionId === undefined ? 'job' : shortId(executionId)),
    },
    {
      title: 'NODE',
      mayCut: true,
      text: ({ executionId }) => plain(executions.get(executionId ?? '')?.nodeName ?? ''),
    },
    { title: 'FROM', text: ({ from }) => from ?? '' },
    { title: 'TO', text: ({ to }) => to },
    { title: 'REASON', mayCut: true, text: ({ reason }) => reasonText(reason) },
  ]
}

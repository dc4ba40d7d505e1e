import { z } from 'zod'
import { JobState, shortId, type JobSummary } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { reasonText, stateText } from '../format.ts'
import { listOptions, outputOf, printRows, type Column } from '../output.ts'
import { parseOptions } from '../parse-options.ts'
import { parsePairs } from '../parse-pairs.ts'
import { plain } from '../terminal.ts'
import { stateChoices } from './client-options.ts'

const Options = z.looseObject({
  limit: z.int().min(1).max(1000),
  state: z.array(JobState),
  label: z.array(z.string()),
})

/** `edge job list`: newest jobs first. */
export const list: Command = {
  examples: [
    ['edge list --state Running', 'the jobs that run now'],
    [
      'edge list --limit 100 --label site=north --output wide',
      'more of them, with everything there is to see',
    ],
  ],
  build: (yargs) =>
    listOptions(yargs)
      .option('limit', { alias: ['n', 'number'], type: 'number', default: 10, describe: 'at most so many' })
      .option('state', {
        type: 'string',
        array: true,
        nargs: 1,
        choices: stateChoices,
        default: [],
        describe: 'only in this state, repeatable',
      })
      .option('label', {
        alias: 'l',
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'only with this label, name=value',
      }),
  run: async (args, terminal) => {
    const { limit, state, label } = parseOptions(Options, args)
    const page = await connect(args).jobs(
      { limit, states: state, labels: parsePairs('--label', label) },
      { signal: terminal.signal },
    )
    printRows(terminal, args, page.jobs, columns)
    if (page.next !== undefined && ['table', 'wide'].includes(outputOf(args)))
      terminal.note(`There are older jobs; --limit ${String(Math.min(1000, limit * 10))} shows more.`)
    return exitCodes.done
  },
}

const columns: readonly Column<JobSummary>[] = [
  { title: 'CREATED', text: (job, time) => time(job.createdAtMs) },
  { title: 'UPDATED', isWide: true, text: (job, time) => time(job.updatedAtMs) },
  { title: 'ID', text: ({ id }) => shortId(id) },
  { title: 'FULL ID', isWide: true, text: ({ id }) => id },
  { title: 'NAME', mayCut: true, text: ({ name }) => plain(name ?? '') },
  { title: 'TYPE', text: ({ type }) => type },
  { title: 'ENGINE', text: ({ engine }) => engine },
  { title: 'STATE', text: ({ state }) => stateText(state) },
  { title: 'DONE', text: ({ executions }) => `${executions.completed}/${executions.total}` },
  { title: 'RUNNING', isWide: true, text: ({ executions }) => String(executions.running) },
  { title: 'FAILED', isWide: true, text: ({ executions }) => String(executions.failed) },
  { title: 'REASON', isWide: true, text: ({ reason }) => reasonText(reason) },
]

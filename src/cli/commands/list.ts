import { z } from 'zod'
import { JobState, shortId } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { ago, stateText, table } from '../format.ts'
import { parsePairs } from '../parse-pairs.ts'
import { plain } from '../terminal.ts'
import { jsonOption, stateChoices } from './client-options.ts'

const Options = z.looseObject({
  number: z.int().min(1).max(1000),
  state: z.array(JobState),
  label: z.array(z.string()),
})

/** `edge list`: newest jobs first. */
export const list: Command = {
  examples: [['edge list --state Running', 'the jobs that run now']],
  build: (yargs) =>
    jsonOption(yargs)
      .option('number', { alias: 'n', type: 'number', default: 10, describe: 'at most so many' })
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
    const { number, state, label } = Options.parse(args)
    const { jobs } = await connect(args).jobs(
      { limit: number, states: state, labels: parsePairs('--label', label) },
      { signal: terminal.signal },
    )
    if (args['json'] === true) {
      terminal.printJson(jobs)
      return exitCodes.done
    }
    const rows = jobs.map((job) => [
      ago(job.createdAtMs),
      shortId(job.id),
      plain(job.name ?? ''),
      job.type,
      job.engine,
      stateText(job.state),
      `${job.executions.completed}/${job.executions.total}`,
    ])
    terminal.print(table(['CREATED', 'ID', 'NAME', 'TYPE', 'ENGINE', 'STATE', 'DONE'], rows))
    return exitCodes.done
  },
}

import type { Argv } from 'yargs'
import { JobState } from '../../domain/index.ts'

/** Options that several commands share, said once. */
export const jsonOption = (yargs: Argv): Argv =>
  yargs.option('json', { type: 'boolean', describe: 'print JSON' })

export const jobArgument = (yargs: Argv): Argv =>
  yargs.positional('job', {
    type: 'string',
    demandOption: true,
    describe: 'id of the job; its first 8 digits do',
  })

export const nodeArgument = (yargs: Argv): Argv =>
  yargs.positional('node', { type: 'string', demandOption: true, describe: 'name or id of the node' })

export const profileArgument = (yargs: Argv): Argv =>
  yargs.positional('name', { type: 'string', demandOption: true, describe: 'name of the profile' })

export const waitOptions = (yargs: Argv): Argv =>
  yargs
    .option('wait', { type: 'boolean', default: true, describe: 'show progress until the job is over' })
    .option('wait-timeout', {
      type: 'number',
      describe: 'give up waiting after so many seconds; the job goes on',
    })
    .option('id-only', { type: 'boolean', describe: 'print the job’s id and nothing else, do not wait' })
    .option('follow', {
      alias: 'f',
      type: 'boolean',
      describe: 'print what the work prints while it runs, each line with its node',
    })

export const idempotencyOption = (yargs: Argv): Argv =>
  yargs.option('idempotency-key', {
    type: 'string',
    describe: 'a word of yours: a spec that is sent twice with it is one job',
  })

export const stateChoices: readonly string[] = JobState.options

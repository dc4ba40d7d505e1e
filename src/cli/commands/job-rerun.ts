import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { idempotencyOption, jobArgument, waitOptions } from './client-options.ts'
import { downloadOptions } from './get.ts'
import { submitJob } from './submit-job.ts'

/** `edge job rerun JOB`: the stored spec as a new job, with an id of its own. */
export const jobRerun: Command = {
  examples: [
    ['edge job rerun 4b1422ff', 'the same spec as a new job, and follow it'],
    ['edge job rerun 4b1422ff --idempotency-key night-2 --wait=false', 'once, however often it is said'],
  ],
  build: (yargs) =>
    jobArgument(idempotencyOption(downloadOptions(waitOptions(yargs)))).option('json', {
      type: 'boolean',
      describe: 'print the new job as JSON',
    }),
  run: async (args, terminal) => {
    const client = connect(args)
    const { spec } = await client.job(args['job'] as string, { signal: terminal.signal })
    return submitJob(client, spec, args, terminal)
  },
}

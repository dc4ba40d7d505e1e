import { shortId } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { jobArgument, jsonOption } from './client-options.ts'

/** `edge cancel JOB`: stops it on every node; a node that cannot be reached is told when it is back. */
export const cancel: Command = {
  examples: [['edge cancel 4b1422ff', 'stop the job on every node']],
  build: (yargs) => jobArgument(jsonOption(yargs)),
  run: async (args, terminal) => {
    const job = await connect(args).stop(args['job'] as string, { signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(job)
    else terminal.print(`Job ${shortId(job.id)} is stopped.`)
    return exitCodes.done
  },
}

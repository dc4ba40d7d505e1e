import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { plain } from '../terminal.ts'
import { jobArgument, jsonOption } from './client-options.ts'

/** `edge logs JOB`: what its executions print; with --follow until it is over. */
export const logs: Command = {
  examples: [['edge logs -f 4b1422ff', 'go on printing until the job is over']],
  build: (yargs) =>
    jobArgument(jsonOption(yargs))
      .option('follow', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'go on until the job is over',
      })
      .option('tail', { type: 'number', describe: 'only the last lines of each execution' })
      .option('execution', { type: 'string', describe: 'only of this execution' }),
  run: async (args, terminal) => {
    const lines = connect(args).logs(args['job'] as string, {
      follow: args['follow'] === true,
      ...(args['tail'] === undefined ? {} : { tail: args['tail'] as number }),
      ...(args['execution'] === undefined ? {} : { execution: args['execution'] as string }),
      signal: terminal.signal,
    })
    for await (const line of lines) {
      if (args['json'] === true) terminal.print(JSON.stringify(line))
      else terminal.print(`${plain(line.nodeName)} | ${plain(line.text)}`)
    }
    return exitCodes.done
  },
}

import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodeOfJob, followJob, summaryLines } from '../follow-job.ts'
import { jobArgument, jsonOption } from './client-options.ts'

/** `edge wait JOB`: exit code 0 when all of it completed, 1 when not, 5 when the time is over first. */
export const wait: Command = {
  examples: [['edge wait 4b1422ff --timeout 600', 'at most ten minutes']],
  build: (yargs) =>
    jobArgument(jsonOption(yargs)).option('timeout', { type: 'number', describe: 'seconds to wait at most' }),
  run: async (args, terminal) => {
    const client = connect(args)
    const job = await client.job(args['job'] as string, { signal: terminal.signal })
    const over = await followJob(client, job, {
      terminal,
      timeoutSeconds: args['timeout'] as number | undefined,
    })
    if (args['json'] === true) terminal.printJson(over)
    else for (const line of summaryLines(over)) terminal.print(line)
    return exitCodeOfJob(over)
  },
}

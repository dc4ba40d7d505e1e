import { stringify } from 'yaml'
import type { ExecutionView, JobView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, progressText } from '../format.ts'
import { jobArgument, jsonOption } from './client-options.ts'

/** `edge describe JOB`: the job, its executions, who was passed over and why, as YAML. */
export const describe: Command = {
  examples: [['edge describe 4b1422ff', 'state, executions, reasons, spec']],
  build: (yargs) => jobArgument(jsonOption(yargs)),
  run: async (args, terminal) => {
    const job = await connect(args).job(args['job'] as string, { signal: terminal.signal })
    if (args['json'] === true) terminal.printJson(job)
    else terminal.print(stringify(readable(job), { lineWidth: 0 }).trimEnd())
    return exitCodes.done
  },
}

function readable(job: JobView): object {
  return {
    id: job.id,
    state: job.state,
    ...(job.reason === undefined ? {} : { reason: job.reason.message }),
    created: new Date(job.createdAtMs).toISOString(),
    updated: new Date(job.updatedAtMs).toISOString(),
    executions: job.executions.map(readableExecution),
    passedOver: job.passedOver.map(({ nodeName, reason }) => ({ node: nodeName, reason: reason.message })),
    spec: job.spec,
  }
}

function readableExecution(execution: ExecutionView): object {
  const {
    id,
    nodeName,
    state,
    attempt,
    connectivity,
    disconnectedSinceMs,
    progress,
    reason,
    exitCode,
    result,
  } = execution
  return {
    id,
    node: nodeName,
    state,
    ...(attempt === 1 ? {} : { attempt }),
    ...(connectivity === 'connected'
      ? {}
      : { connectivity, since: new Date(disconnectedSinceMs ?? 0).toISOString() }),
    ...(progress === undefined || state !== 'Running' ? {} : { progress: progressText(progress) }),
    ...(reason === undefined ? {} : { reason: `${reason.code}: ${reason.message}` }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(result === undefined
      ? {}
      : {
          result: {
            cid: result.cid,
            published: `${bytes(result.bytes)} in ${String(result.files)} files`,
            scanned: `${bytes(result.scannedBytes)} in ${String(result.scannedFiles)} files`,
            events: result.events,
            clips: result.clips,
          },
        }),
  }
}

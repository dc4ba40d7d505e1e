import type { ExecutionView, JobView } from '../../domain/index.ts'
import type { Command } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { bytes, progressText, timeText } from '../format.ts'
import { outputOption, printView } from '../output.ts'
import { jobArgument } from './client-options.ts'

/** `edge describe JOB`: the job, its executions, who was passed over and why, as YAML. */
export const describe: Command = {
  examples: [
    ['edge describe 4b1422ff', 'state, executions, reasons, spec'],
    ['edge describe 4b1422ff --output json', 'all of it for programs'],
  ],
  build: (yargs) => jobArgument(outputOption(yargs)),
  run: async (args, terminal) => {
    const job = await connect(args).job(args['job'] as string, { signal: terminal.signal })
    printView(terminal, args, job, () => readable(job))
    return exitCodes.done
  },
}

function readable(job: JobView): object {
  return {
    id: job.id,
    state: job.state,
    ...(job.reason === undefined ? {} : { reason: job.reason.message }),
    created: timeText(job.createdAtMs),
    updated: timeText(job.updatedAtMs),
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
      : {
          connectivity,
          ...(disconnectedSinceMs === undefined
            ? {}
            : { 'disconnected since': timeText(disconnectedSinceMs) }),
        }),
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

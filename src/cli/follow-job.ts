import { setTimeout as delay } from 'node:timers/promises'
import type { EdgeClient } from '../client/index.ts'
import {
  EdgeError,
  isEdgeError,
  isJobOver,
  shortId,
  type ExecutionView,
  type HistoryEntry,
  type JobView,
} from '../domain/index.ts'
import { exitCodes } from './exit-codes.ts'
import { progressText, reasonText, stateText } from './format.ts'
import { createStatus } from './status.ts'
import { plain, type Terminal } from './terminal.ts'

export interface FollowOptions {
  readonly terminal: Terminal
  /** Seconds to wait; undefined: as long as it takes. */
  readonly timeoutSeconds?: number | undefined
  /** Done before states are shown, within the same time. */
  readonly first?: (signal: AbortSignal) => Promise<void>
}

/**
 * Shows a job’s life until it is over: one line a node, redrawn on a terminal, plain lines elsewhere. Throws `timed_out`
 * or `interrupted` (the job goes on then); the messages say how to follow it.
 */
export async function followJob(
  client: EdgeClient,
  job: JobView,
  { terminal, timeoutSeconds, first }: FollowOptions,
): Promise<JobView> {
  const timeout = timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1000)
  const signal = timeout === undefined ? terminal.signal : AbortSignal.any([terminal.signal, timeout])
  const status = createStatus(terminal)
  let view = job
  try {
    await first?.(signal)
    status.show(linesOf(view))
    if (isJobOver(view.state)) return view
    const noAnswer = (): void => {
      status.show(['the requester does not answer; trying again', ...linesOf(view)])
    }
    const look = (): Promise<JobView> => untilAnswered(() => client.job(job.id, { signal }), noAnswer, signal)
    for await (const event of client.watch({
      job: job.id,
      signal,
      onReconnect: noAnswer,
    })) {
      if (event.kind === 'progress') {
        view = withProgress(view, event.executionId, event.progress)
      } else if (event.kind !== 'history' || !isKnown(view, event.entry)) {
        view = await look()
      }
      status.show(linesOf(view))
    }
    return await look()
  } catch (error) {
    if (timeout?.aborted === true)
      throw stillRunning(
        'timed_out',
        job,
        `job ${shortId(job.id)} is not over after ${String(timeoutSeconds)} s`,
      )
    if (terminal.signal.aborted)
      throw stillRunning('interrupted', job, `stopped watching job ${shortId(job.id)}; it goes on`)
    throw error
  } finally {
    status.end()
  }
}

const askAgainMs = 1000

/** A requester that restarts is asked again until the signal ends that; every other error is thrown. */
async function untilAnswered<T>(
  ask: () => Promise<T>,
  noAnswer: () => void,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted || !isEdgeError(error, 'requester_unreachable')) throw error
      noAnswer()
      await delay(askAgainMs, undefined, { signal })
    }
  }
}

/** Watching begins with all that has happened so far; what the view shows already need not be asked for again. */
function isKnown(view: JobView, { entity, executionId, revision }: HistoryEntry): boolean {
  const record = entity === 'job' ? view : view.executions.find(({ id }) => id === executionId)
  return record !== undefined && record.revision >= revision
}

/** 0 when all of it completed, 1 otherwise. */
export function exitCodeOfJob(job: JobView): number {
  return job.state === 'Completed' ? exitCodes.done : exitCodes.failed
}

/** The last word about a job: its state, what failed and why, who was passed over and why. */
export function summaryLines(job: JobView): readonly string[] {
  const passedOver = new Set(job.passedOver.map(({ nodeId }) => nodeId))
  const unhappy = job.executions.filter(
    ({ state, nodeId }) =>
      ['Failed', 'Cancelled'].includes(state) || (state === 'AskForBidRejected' && !passedOver.has(nodeId)),
  )
  return [
    `Job ${shortId(job.id)}: ${stateText(job.state)}${job.reason === undefined ? '' : ` (${reasonText(job.reason)})`}`,
    ...unhappy.map(
      ({ nodeName, state, reason }) => `  ${plain(nodeName)}: ${stateText(state)}: ${reasonText(reason)}`,
    ),
    ...job.passedOver.map(
      ({ nodeName, reason }) => `  ${plain(nodeName)}: not chosen: ${reasonText(reason)}`,
    ),
  ]
}

function stillRunning(code: 'timed_out' | 'interrupted', job: JobView, message: string): EdgeError {
  const id = shortId(job.id)
  return new EdgeError(code, message, {
    hint: `Follow it with \`edge wait ${id}\`, look with \`edge describe ${id}\`, stop it with \`edge cancel ${id}\`.`,
  })
}

function withProgress(
  view: JobView,
  executionId: string,
  progress: NonNullable<ExecutionView['progress']>,
): JobView {
  return {
    ...view,
    executions: view.executions.map((execution) =>
      execution.id === executionId ? { ...execution, progress } : execution,
    ),
  }
}

function linesOf(view: JobView): readonly string[] {
  const current = view.executions.filter(({ state }) => state !== 'Superseded')
  if (current.length === 0) return [`${stateText(view.state)}: ${waitingFor(view)}`]
  const width = Math.max(...current.map(({ nodeName }) => plain(nodeName).length))
  return current.map((execution) => {
    const parts = [stateText(execution.state)]
    if (
      execution.connectivity === 'disconnected' &&
      !['Completed', 'Failed', 'Cancelled', 'AskForBidRejected'].includes(execution.state)
    ) {
      parts.push('(not connected; it works on)')
    }
    if (execution.progress !== undefined && execution.state === 'Running')
      parts.push(progressText(execution.progress))
    if (execution.reason !== undefined) parts.push(reasonText(execution.reason))
    return `${plain(execution.nodeName).padEnd(width)}  ${parts.join('  ')}`
  })
}

function waitingFor(view: JobView): string {
  const [first] = view.passedOver
  if (first === undefined) return 'waiting for nodes'
  return `waiting for nodes; ${plain(first.nodeName)}: ${reasonText(first.reason)}`
}

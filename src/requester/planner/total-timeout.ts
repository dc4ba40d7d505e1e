import { isExecutionOver, type Reason } from '../../domain/index.ts'
import { isStarted } from './live-execution.ts'
import type { Action, Placement, PlanInput } from './plan.ts'

/** When the whole job has to be over; Infinity without `timeouts.totalSeconds`. */
export function totalDeadlineMs({ job }: PlanInput): number {
  return job.createdAtMs + (job.spec.timeouts.totalSeconds ?? Infinity) * 1000
}

/**
 * What ends a job whose time is over: what was not started is Cancelled, what runs is cancelled when its node says so,
 * work that is done is still fetched.
 */
export function endByTotalTimeout({ job, executions }: PlanInput): Placement {
  const seconds = String(job.spec.timeouts.totalSeconds)
  const message = `the job was not over within timeouts.totalSeconds (${seconds} s)`
  const reason: Reason = { code: 'total_timeout', message }
  const actions = executions
    .filter(({ state }) => !isExecutionOver(state) && state !== 'Publishing')
    .map((execution): Action =>
      isStarted(execution)
        ? { kind: 'cancel', execution, reason }
        : { kind: 'end', execution, to: 'Cancelled', reason, isNodeTold: true },
    )
  const hasCompleted = executions.some(({ state }) => state === 'Completed')
  const to = hasCompleted ? 'PartiallyCompleted' : 'Failed'
  return { actions, dueAtMs: [], isWaiting: false, end: { to, reason } }
}

import { isJobOver, type ExecutionRecord, type JobState } from '../../domain/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { isWorking } from './live-execution.ts'
import { passedOverNodes } from './passed-over.ts'
import { placeBatch } from './place-batch.ts'
import { placeOnAll } from './place-on-all.ts'
import { endByTotalTimeout, totalDeadlineMs } from './total-timeout.ts'
import type { Action, Placement, Plan, PlanInput } from './plan.ts'

/**
 * One evaluation of one job: what is to be done now, and when to look again. Pure: the same input gives the same plan, and
 * planning again after the actions took effect gives no action.
 */
export function plan(input: PlanInput): Plan {
  const { job } = input
  const passedOver = passedOverNodes(input)
  if (isJobOver(job.state)) return { actions: [], passedOver, isWaiting: false }
  const deadlineMs = totalDeadlineMs(input)
  const isTimeOver = input.nowMs >= deadlineMs
  const placement = isTimeOver ? endByTotalTimeout(input) : place(input)
  const dueAtMs = Math.min(...placement.dueAtMs, isTimeOver ? Infinity : deadlineMs)
  return {
    actions: [...placement.actions, ...moveJob(input, placement)],
    passedOver,
    isWaiting: placement.isWaiting,
    ...(Number.isFinite(dueAtMs) ? { dueAtMs } : {}),
  }
}

function place(input: PlanInput): Placement {
  const { type } = input.job.spec
  switch (type) {
    case 'ops':
    case 'daemon':
      return placeOnAll(input)
    case 'batch':
      return placeBatch(input)
    default:
      return assertNever(type)
  }
}

function moveJob({ job, executions }: PlanInput, { actions, end }: Placement): Action[] {
  if (end !== undefined) return [{ kind: 'moveJob', ...end }]
  const to: JobState = executions.some((execution) => isWorking(execution) && !isEnded(execution, actions))
    ? 'Running'
    : 'Queued'
  return to === job.state ? [] : [{ kind: 'moveJob', to }]
}

function isEnded({ id }: ExecutionRecord, actions: readonly Action[]): boolean {
  return actions.some((action) => action.kind === 'end' && action.execution.id === id)
}

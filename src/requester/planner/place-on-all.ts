import type { ExecutionRecord, NodeId } from '../../domain/index.ts'
import { attemptsByNode, isBadEnd, isGivenUp, isRefusal, readyAtMs, type Attempts } from './attempts.ts'
import { compare } from './compare.ts'
import { endingOf } from './endings.ts'
import { isNewFleet } from './fleet-age.ts'
import { tendLive } from './live-execution.ts'
import { isAvailable, objection } from './matching.ts'
import { candidatesOf, passedOverNodes } from './passed-over.ts'
import type { Action, NodeSight, Placement, PlanInput } from './plan.ts'
import { queueDeadlineMs } from './queue-deadline.ts'

/** What became of the job on one node. */
type Seat =
  | { readonly kind: 'live' | 'waiting'; readonly action?: Action; readonly dueAtMs?: number }
  | { readonly kind: 'completed' | 'failed' | 'passedOver' }
  | { readonly kind: 'expired' }

/**
 * `ops`: one execution on every matching node, never moved to another one. `daemon`: the same, for nodes that join later
 * too, and it never ends by itself; an execution that has ended with the workload’s own exit code is not started again.
 */
export function placeOnAll(input: PlanInput): Placement {
  const { job, executions, nodes } = input
  const attemptsOf = attemptsByNode(executions)
  const isCandidate = candidatesOf(job, executions, nodes)
  const seats = [...nodes]
    .sort((a, b) => compare(a.record.id, b.record.id))
    .filter(({ record }) => isCandidate(record))
    .map((node) => seatOf(node, attemptsOf(node.record.id), input))
  seats.push(...seatsOfDeleted(input, attemptsOf))
  const actions = seats.flatMap((seat) => ('action' in seat ? [seat.action] : []))
  const dueAtMs = seats.flatMap((seat) => ('dueAtMs' in seat ? [seat.dueAtMs] : []))
  const fleet = waitForFleet(input)
  const isWaiting =
    job.spec.type === 'daemon' || fleet.isWaiting || seats.some((seat) => seat.kind === 'waiting')
  const isBusy = isWaiting || seats.some((seat) => seat.kind === 'live')
  if (isBusy) return { actions, dueAtMs: [...dueAtMs, ...fleet.dueAtMs], isWaiting }
  return { actions, dueAtMs, isWaiting, end: end(seats, fleet.isExpired, input) }
}

function end(
  seats: readonly Seat[],
  isFleetExpired: boolean,
  input: PlanInput,
): NonNullable<Placement['end']> {
  const count = (kind: Seat['kind']): number => seats.filter((seat) => seat.kind === kind).length
  return endingOf({
    executions: input.executions,
    completed: count('completed'),
    failed: count('failed'),
    missing: 0,
    isExpired: isFleetExpired || count('expired') > 0,
    passedOver: passedOverNodes(input),
  })
}

/** What was on nodes that were deleted since counts on; what was not over there ends. */
function seatsOfDeleted(input: PlanInput, attemptsOf: (nodeId: NodeId) => Attempts): readonly Seat[] {
  const known = new Set(input.nodes.map(({ record }) => record.id))
  const deleted = new Set(input.executions.map(({ nodeId }) => nodeId).filter((id) => !known.has(id)))
  return [...deleted].map((nodeId): Seat => {
    const { live, last } = attemptsOf(nodeId)
    if (live[0] !== undefined) return { kind: 'live', ...tendLive(live[0], undefined, input) }
    if (last?.state === 'Completed') return { kind: 'completed' }
    return { kind: last !== undefined && isBadEnd(last) ? 'failed' : 'passedOver' }
  })
}

function seatOf(node: NodeSight, attempts: Attempts, input: PlanInput): Seat {
  const { last } = attempts
  const live = attempts.live[0]
  if (live !== undefined) return { kind: 'live', ...tendLive(live, node, input) }
  if (last?.state === 'Completed') return { kind: 'completed' }
  if (last !== undefined && isLost(last, attempts, input)) return { kind: 'failed' }
  if (last !== undefined && isRefusal(last)) return { kind: 'passedOver' }
  const kind = last !== undefined && isBadEnd(last) ? 'failed' : 'passedOver'
  if (objection(input.job.spec, node.record) !== undefined) return { kind }
  return waitForNode(node, attempts, input, kind)
}

/** Ended badly, and no further attempt is made. */
function isLost(last: ExecutionRecord, attempts: Attempts, { job }: PlanInput): boolean {
  return isBadEnd(last) && !isRefusal(last) && isGivenUp(attempts.failures, job.spec)
}

function waitForNode(
  node: NodeSight,
  attempts: Attempts,
  input: PlanInput,
  otherwise: 'failed' | 'passedOver',
): Seat {
  const deadlineMs = queueDeadlineMs(input, attempts.all)
  if (input.nowMs >= deadlineMs) return { kind: otherwise === 'failed' ? 'failed' : 'expired' }
  const readyMs = readyAtMs(attempts, input.timings)
  const { id: nodeId, info } = node.record
  if (!isAvailable(node)) return { kind: 'waiting', dueAtMs: deadlineMs }
  if (input.nowMs < readyMs) return { kind: 'waiting', dueAtMs: Math.min(readyMs, deadlineMs) }
  const attempt = (attempts.last?.attempt ?? 0) + 1
  return { kind: 'live', action: { kind: 'ask', nodeId, nodeName: info.name, attempt } }
}

function waitForFleet(input: PlanInput): {
  readonly isWaiting: boolean
  readonly isExpired: boolean
  readonly dueAtMs: readonly number[]
} {
  if (!isNewFleet(input)) return { isWaiting: false, isExpired: false, dueAtMs: [] }
  const deadlineMs = queueDeadlineMs(input, [])
  const isExpired = input.nowMs >= deadlineMs
  return { isWaiting: !isExpired, isExpired, dueAtMs: [deadlineMs] }
}

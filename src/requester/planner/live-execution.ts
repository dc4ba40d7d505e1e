import type { ExecutionRecord, NodeRecord } from '../../domain/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import type { Action, NodeSight, PlanInput } from './plan.ts'

/** What an execution that is not over needs now, whatever the kind of job; `dueAtMs` when it may need something later. */
export function tendLive(
  execution: ExecutionRecord,
  node: NodeSight | undefined,
  { nowMs, timings }: PlanInput,
): { readonly action?: Action; readonly dueAtMs?: number } {
  const removed = node === undefined || node.record.approval === 'rejected'
  if (removed) return { action: endOfRemoved(execution) }
  const drained = drain(execution, node.record, nowMs)
  if (drained !== undefined) return drained
  switch (execution.state) {
    case 'AskForBidAccepted':
      return { action: { kind: 'take', execution } }
    case 'New':
    case 'AskForBid': {
      const dueAtMs = execution.updatedAtMs + timings.offerUnacknowledgedMs
      if (nowMs < dueAtMs) return { dueAtMs }
      const seconds = Math.round(timings.offerUnacknowledgedMs / 1000)
      const message = `the offer was not answered within ${String(seconds)} s`
      const reason = { code: 'offer_not_acknowledged', message } as const
      return { action: { kind: 'end', execution, to: 'Superseded', reason, isNodeTold: false } }
    }
    case 'BidAccepted':
    case 'Running':
    case 'Publishing':
    case 'AskForBidRejected':
    case 'Completed':
    case 'Failed':
    case 'Cancelled':
    case 'Superseded':
      return {}
    default:
      return assertNever(execution.state)
  }
}

/** True once the node was told to start it: from then on only the node knows what became of it. */
export function isStarted({ state }: ExecutionRecord): boolean {
  return state === 'BidAccepted' || isWorking({ state })
}

/** True while the node works on it or its result is on the way. */
export function isWorking({ state }: Pick<ExecutionRecord, 'state'>): boolean {
  return state === 'Running' || state === 'Publishing'
}

/** What draining (or cordoning) its node does to an execution; undefined when nothing. */
function drain(
  execution: ExecutionRecord,
  { duty, drainUntilMs }: NodeRecord,
  nowMs: number,
): { readonly action?: Action; readonly dueAtMs?: number } | undefined {
  if (duty === 'active') return undefined
  const giveUp = (message: string): { readonly action: Action } => {
    const reason = { code: 'draining', message } as const
    return { action: { kind: 'end', execution, to: 'Superseded', reason, isNodeTold: true } }
  }
  if (!isStarted(execution)) return giveUp(`the node is ${duty}`)
  if (duty === 'cordoned' || execution.state === 'Publishing') return undefined
  if (execution.state === 'BidAccepted') return giveUp('the node is draining')
  if (drainUntilMs === undefined) return undefined
  if (nowMs < drainUntilMs) return { dueAtMs: drainUntilMs }
  return giveUp('the node is draining, and the time for its running work is over')
}

function endOfRemoved(execution: ExecutionRecord): Action {
  const reason = { code: 'node_removed', message: 'the node is no longer approved' } as const
  const to = isStarted(execution) ? 'Failed' : 'Superseded'
  return { kind: 'end', execution, to, reason, isNodeTold: true }
}

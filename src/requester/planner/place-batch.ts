import { isExecutionOver, type ExecutionRecord } from '../../domain/index.ts'
import { attemptsByNode } from './attempts.ts'
import { endRound, type BidRound } from './bid-round.ts'
import { candidatesFor, chooseFrom, type Candidate } from './candidates.ts'
import { endingOf } from './endings.ts'
import { isNewFleet } from './fleet-age.ts'
import { isStarted, tendLive } from './live-execution.ts'
import { partitionsOf } from './partitions.ts'
import { passedOverNodes } from './passed-over.ts'
import type { Action, NodeSight, Placement, PlanInput } from './plan.ts'
import { queueDeadlineMs } from './queue-deadline.ts'

/**
 * `batch`: each of `count` partitions completes once, on distinct nodes when possible. More nodes are asked than are
 * needed where there are inputs, and the best bids are taken. Work of a node that stays silent too long moves on.
 */
export function placeBatch(input: PlanInput): Placement {
  const { nowMs, executions } = input
  const attemptsOf = attemptsByNode(executions)
  const live = tendAll(input)
  const partitions = partitionsOf(input)
  const round = endRound(live, partitions.ready, attemptsOf, input)
  const deadlineMs = queueDeadlineMs(input, executions)
  const candidates = candidatesFor(input, attemptsOf)
  const isOpen = nowMs < deadlineMs
  // What runs on a silent node is past its time in the queue: another node is asked for it however late that is.
  const places = (isOpen ? partitions.ready.length - round.taken : 0) + live.movable.length
  const wanted = Math.max(0, places - round.left)
  const choice = chooseFrom(candidates, wanted, input)
  const asked = isOpen || live.movable.length > 0 ? choice.chosen : []
  const moved = live.movable.slice(0, Math.max(0, asked.length - (wanted - live.movable.length)))
  const actions = [...live.actions, ...round.actions, ...moved, ...asked.map(ask)]
  const unfilled = partitions.free + live.movable.length - round.taken - round.left - asked.length
  const canWait = isOpen && (candidates.length > 0 || isNewFleet(input))
  if (live.count > 0 || asked.length > 0 || (partitions.free > 0 && canWait)) {
    const waits = unfilled > 0 ? [deadlineMs, ...partitions.readyMs, ...choice.dueAtMs] : []
    const dueAtMs = [...live.dueAtMs, ...waits, ...(round.dueAtMs === undefined ? [] : [round.dueAtMs])]
    return {
      actions,
      dueAtMs: dueAtMs.filter((ms) => ms > nowMs),
      isWaiting: live.hasSilent || unfilled > 0,
    }
  }
  const ending = endingOf({
    ...partitions,
    executions,
    missing: partitions.free,
    isExpired: !isOpen,
    passedOver: passedOverNodes(input),
  })
  return { actions, dueAtMs: [], isWaiting: false, end: ending }
}

interface Tended extends BidRound {
  readonly count: number
  readonly actions: readonly Action[]
  readonly dueAtMs: readonly number[]
  /** Give up these, longest silence first, for as many as there are replacements. */
  readonly movable: readonly Extract<Action, { kind: 'end' }>[]
  /** Some are on nodes that are silent, for however long. */
  readonly hasSilent: boolean
}

function tendAll(input: PlanInput): Tended {
  const nodes = new Map(input.nodes.map((node) => [node.record.id, node]))
  const live = input.executions.filter((execution) => !isExecutionOver(execution.state))
  const tended = live.map((execution) => tendOne(execution, nodes.get(execution.nodeId), input))
  const toleranceMs = input.job.spec.disconnect.tolerateSeconds * 1000
  const silent = live.filter(isStarted).flatMap((execution) => {
    const node = nodes.get(execution.nodeId)
    if (node?.record.approval === 'rejected' || node?.disconnectedSinceMs === undefined) return []
    return [{ execution, sinceMs: node.disconnectedSinceMs }]
  })
  const movable = silent
    .filter(({ sinceMs }) => input.massSilenceMs === undefined && input.nowMs >= sinceMs + toleranceMs)
    .sort((a, b) => a.sinceMs - b.sinceMs)
    .map(({ execution }) => {
      const message = `the node was silent for more than ${String(toleranceMs / 1000)} s; another node does it`
      const reason = { code: 'superseded', message } as const
      return { kind: 'end', execution, to: 'Superseded', reason, isNodeTold: true } as const
    })
  const actions = tended.flatMap(({ action }) => (action === undefined ? [] : [action]))
  const ended = new Set(actions.flatMap((action) => (action.kind === 'end' ? [action.execution.id] : [])))
  const bids = actions.flatMap((action) => (action.kind === 'take' ? [action.execution] : []))
  const bid = new Set(bids.map(({ id }) => id))
  return {
    count: live.length,
    // A bid that is yes is not taken at once: it is compared with the others first.
    actions: actions.filter(({ kind }) => kind !== 'take'),
    bids,
    open: live.filter((each) => !isStarted(each) && !ended.has(each.id) && !bid.has(each.id)),
    dueAtMs: [
      ...tended.flatMap(({ dueAtMs }) => (dueAtMs === undefined ? [] : [dueAtMs])),
      ...silent.map(({ sinceMs }) => sinceMs + toleranceMs),
    ],
    movable,
    hasSilent: silent.length > 0,
  }
}

/** A bid of a node that is away is not taken, since work that cannot be told to start waits as long as silent work does. */
function tendOne(
  execution: ExecutionRecord,
  node: NodeSight | undefined,
  input: PlanInput,
): ReturnType<typeof tendLive> {
  const tended = tendLive(execution, node, input)
  if (tended.action?.kind !== 'take' || node?.connectivity !== 'disconnected') return tended
  if (input.massSilenceMs !== undefined) return {}
  const reason = { code: 'disconnected', message: 'the node went away after its bid' } as const
  return { action: { kind: 'end', execution, to: 'Superseded', reason, isNodeTold: true } }
}

function ask({ node, attempts }: Candidate): Action {
  const { id: nodeId, info } = node.record
  return { kind: 'ask', nodeId, nodeName: info.name, attempt: (attempts.last?.attempt ?? 0) + 1 }
}

import { isExecutionOver } from '../../domain/index.ts'
import { backoffMs } from '../backoff.ts'
import { attemptsByNode, isBadEnd, isRefusal, isRetryableFailure } from './attempts.ts'
import { candidatesFor, chooseFrom, type Candidate } from './candidates.ts'
import { endingOf } from './endings.ts'
import { isNewFleet } from './fleet-age.ts'
import { isStarted, tendLive } from './live-execution.ts'
import { passedOverNodes } from './passed-over.ts'
import type { Action, Placement, PlanInput } from './plan.ts'
import { queueDeadlineMs } from './queue-deadline.ts'

/** `batch`: `count` completions, on distinct nodes when possible. Work of a node that stays silent too long moves on. */
export function placeBatch(input: PlanInput): Placement {
  const { nowMs, executions } = input
  const live = tendAll(input)
  const slots = slotsOf(input, live.count)
  const deadlineMs = queueDeadlineMs(input, executions)
  const mayAsk = nowMs < deadlineMs && nowMs >= slots.readyMs
  const candidates = candidatesFor(input, attemptsByNode(executions))
  const wanted = slots.free + live.movable.length
  const choice = chooseFrom(candidates, wanted, input)
  const asked = mayAsk ? choice.chosen : []
  const actions = [...live.actions, ...moves(live.movable, asked.length - slots.free), ...asked.map(ask)]
  const canWait = nowMs < deadlineMs && (candidates.length > 0 || isNewFleet(input))
  if (live.count > 0 || asked.length > 0 || (slots.free > 0 && canWait)) {
    const waits = wanted > asked.length ? [deadlineMs, slots.readyMs, ...choice.dueAtMs] : []
    const dueAtMs = [...live.dueAtMs, ...waits].filter((ms) => ms > nowMs)
    return { actions, dueAtMs, isWaiting: live.hasSilent || wanted > asked.length }
  }
  const ending = endingOf({
    ...slots,
    executions,
    missing: Math.max(0, slots.free),
    isExpired: nowMs >= deadlineMs,
    passedOver: passedOverNodes(input),
  })
  return { actions, dueAtMs: [], isWaiting: false, end: ending }
}

interface Tended {
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
  const tended = live.map((execution) => tendLive(execution, nodes.get(execution.nodeId), input))
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
  return {
    count: live.length,
    actions: tended.flatMap(({ action }) => (action === undefined ? [] : [action])),
    dueAtMs: [
      ...tended.flatMap(({ dueAtMs }) => (dueAtMs === undefined ? [] : [dueAtMs])),
      ...silent.map(({ sinceMs }) => sinceMs + toleranceMs),
    ],
    movable,
    hasSilent: silent.length > 0,
  }
}

interface Slots {
  readonly completed: number
  /** Ended badly for good. */
  readonly failed: number
  /** Neither ended nor in work. */
  readonly free: number
  /** Not before this is a new attempt made after an infrastructure failure. */
  readonly readyMs: number
}

function slotsOf({ job, executions, timings }: PlanInput, live: number): Slots {
  const { count, retries } = job.spec
  const completed = executions.filter((execution) => execution.state === 'Completed').length
  const retryable = executions.filter(isRetryableFailure)
  const final = executions.filter(
    (execution) => isBadEnd(execution) && !isRetryableFailure(execution) && !isRefusal(execution),
  ).length
  const failed = final + Math.max(0, retryable.length - retries.infrastructure * count)
  const lastMs = Math.max(-Infinity, ...retryable.map((execution) => execution.updatedAtMs))
  const pauseMs = backoffMs(retryable.length - 1, timings.attemptRetryMinMs, timings.attemptRetryMaxMs)
  return {
    completed,
    failed,
    free: Math.max(0, count - completed - failed - live),
    readyMs: lastMs + pauseMs,
  }
}

function ask({ node, attempts }: Candidate): Action {
  const { id: nodeId, info } = node.record
  return { kind: 'ask', nodeId, nodeName: info.name, attempt: (attempts.last?.attempt ?? 0) + 1 }
}

function moves(movable: Tended['movable'], replacements: number): readonly Action[] {
  return movable.slice(0, Math.max(0, replacements))
}

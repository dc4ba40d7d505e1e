import { isExecutionOver, type ExecutionRecord, type NodeId } from '../../domain/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Timings } from '../timings.ts'
import { verdictOf, type Verdict } from './reason-verdicts.ts'

/** All attempts of one job on one node. */
export interface Attempts {
  readonly all: readonly ExecutionRecord[]
  readonly last: ExecutionRecord | undefined
  readonly live: readonly ExecutionRecord[]
  readonly completed: number
  /** Started and ended badly, not through the workload’s own fault. */
  readonly infrastructureFailures: number
  /** Answers (or silences) after which the node may be asked again, since it last started something. */
  readonly postponements: number
}

const none: Attempts = {
  all: [],
  last: undefined,
  live: [],
  completed: 0,
  infrastructureFailures: 0,
  postponements: 0,
}

/** The executions of a job by node; a node without any gets empty attempts. */
export function attemptsByNode(executions: readonly ExecutionRecord[]): (nodeId: NodeId) => Attempts {
  const byNode = new Map<NodeId, ExecutionRecord[]>()
  for (const execution of executions) {
    const own = byNode.get(execution.nodeId)
    if (own === undefined) byNode.set(execution.nodeId, [execution])
    else own.push(execution)
  }
  const summaries = new Map([...byNode].map(([nodeId, own]) => [nodeId, summarise(own)]))
  return (nodeId) => summaries.get(nodeId) ?? none
}

function summarise(executions: readonly ExecutionRecord[]): Attempts {
  const all = [...executions].sort((a, b) => a.attempt - b.attempt)
  const lastStart = all.findLastIndex((execution) => isBadEnd(execution) || execution.state === 'Completed')
  return {
    all,
    last: all.at(-1),
    live: all.filter((execution) => !isExecutionOver(execution.state)),
    completed: all.filter((execution) => execution.state === 'Completed').length,
    infrastructureFailures: all.filter(isRetryableFailure).length,
    postponements: all.slice(lastStart + 1).filter(isPostponement).length,
  }
}

/** Ended without success after it was started (or the node cancelled it). */
export function isBadEnd({ state }: ExecutionRecord): boolean {
  return state === 'Failed' || state === 'Cancelled'
}

/** Ended badly through no fault of the workload: a new attempt may do better. */
export function isRetryableFailure(execution: ExecutionRecord): boolean {
  return isBadEnd(execution) && isRetryable(verdictOf(execution.reason))
}

/** A bid that was no for now, or an attempt that was given up before it started. */
export function isPostponement(execution: ExecutionRecord): boolean {
  if (execution.state === 'Superseded') return true
  return execution.state === 'AskForBidRejected' && isRetryable(verdictOf(execution.reason))
}

/** The node said that it cannot or may not, whether when asked or when told to start. */
export function isRefusal(execution: ExecutionRecord): boolean {
  const { state, reason } = execution
  if (state === 'AskForBidRejected') return !isPostponement(execution)
  return isBadEnd(execution) && verdictOf(reason) === 'refusal'
}

function isRetryable(verdict: Verdict): boolean {
  return verdict === 'infrastructure' || verdict === 'busy'
}

/** From when on the node may be asked again after its last attempt. */
export function readyAtMs(attempts: Attempts, timings: Timings): number {
  const { last, infrastructureFailures, postponements } = attempts
  if (last === undefined) return -Infinity
  if (isRetryableFailure(last)) {
    const { attemptRetryMinMs, attemptRetryMaxMs } = timings
    return last.updatedAtMs + backoffMs(infrastructureFailures - 1, attemptRetryMinMs, attemptRetryMaxMs)
  }
  if (!isPostponement(last)) return -Infinity
  return last.updatedAtMs + backoffMs(postponements - 1, timings.askAgainMinMs, timings.askAgainMaxMs)
}

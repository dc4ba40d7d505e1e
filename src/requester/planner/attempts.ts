import { isExecutionOver, type ExecutionRecord, type JobSpec, type NodeId } from '../../domain/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Timings } from '../timings.ts'
import { verdictOf, type Verdict } from './reason-verdicts.ts'

/** All attempts of one job on one node. */
export interface Attempts {
  readonly all: readonly ExecutionRecord[]
  readonly last: ExecutionRecord | undefined
  readonly live: readonly ExecutionRecord[]
  readonly completed: number
  readonly failures: Failures
  /** Answers (or silences) after which the node may be asked again, since it last started something. */
  readonly postponements: number
}

/** How often work was started and ended badly, by what follows from that; refused starts are not among them. */
export interface Failures {
  readonly infrastructure: number
  readonly workload: number
  /** Nothing is tried again after these. */
  readonly final: number
}

const none: Attempts = {
  all: [],
  last: undefined,
  live: [],
  completed: 0,
  failures: { infrastructure: 0, workload: 0, final: 0 },
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
    failures: failuresOf(all),
    postponements: all.slice(lastStart + 1).filter(isPostponement).length,
  }
}

/** Ended without success after it was started (or the node cancelled it). */
export function isBadEnd({ state }: ExecutionRecord): boolean {
  return state === 'Failed' || state === 'Cancelled'
}

/** The bad ends among these, counted. */
export function failuresOf(executions: readonly ExecutionRecord[]): Failures {
  const verdictsOfEnds = executions.filter(isBadEnd).map(({ reason }) => verdictOf(reason))
  const count = (...kinds: readonly Verdict[]): number =>
    verdictsOfEnds.filter((verdict) => kinds.includes(verdict)).length
  return {
    infrastructure: count('infrastructure', 'busy'),
    workload: count('workload'),
    final: count('final'),
  }
}

/** True when no further attempt is made after these. */
export function isGivenUp({ infrastructure, workload, final }: Failures, { retries }: JobSpec): boolean {
  return final > 0 || infrastructure > retries.infrastructure || workload > retries.workload
}

/** From when on there may be an attempt after the last of these failures: the pause doubles. */
export function retryAtMs(executions: readonly ExecutionRecord[], timings: Timings): number {
  const ends = executions.filter((execution) => isBadEnd(execution) && !isRefusal(execution))
  if (ends.length === 0) return -Infinity
  const { attemptRetryMinMs, attemptRetryMaxMs } = timings
  const lastMs = Math.max(...ends.map(({ updatedAtMs }) => updatedAtMs))
  return lastMs + backoffMs(ends.length - 1, attemptRetryMinMs, attemptRetryMaxMs)
}

/** A bid that was no for now, or an attempt that was given up before it started; not one that another bid beat. */
export function isPostponement(execution: ExecutionRecord): boolean {
  if (isOutbid(execution)) return false
  if (execution.state === 'Superseded') return true
  return execution.state === 'AskForBidRejected' && isRetryable(verdictOf(execution.reason))
}

/** It was willing, another node was chosen: it may be asked again at any time. */
export function isOutbid({ state, reason }: ExecutionRecord): boolean {
  return (state === 'AskForBidRejected' || state === 'Superseded') && reason?.code === 'outbid'
}

/** The node said that it cannot or may not, whether when asked or when told to start. */
export function isRefusal(execution: ExecutionRecord): boolean {
  const { state, reason } = execution
  if (state === 'AskForBidRejected') return !isPostponement(execution) && !isOutbid(execution)
  return isBadEnd(execution) && verdictOf(reason) === 'refusal'
}

function isRetryable(verdict: Verdict): boolean {
  return verdict === 'infrastructure' || verdict === 'busy'
}

/** From when on the node may be asked again after its last attempt. */
export function readyAtMs(attempts: Attempts, timings: Timings): number {
  const { last, all, postponements } = attempts
  if (last === undefined) return -Infinity
  if (isBadEnd(last)) return retryAtMs(all, timings)
  if (!isPostponement(last)) return -Infinity
  return last.updatedAtMs + backoffMs(postponements - 1, timings.askAgainMinMs, timings.askAgainMaxMs)
}

import {
  executionTransitions,
  isExecutionOver,
  type ExecutionRecord,
  type ExecutionState,
  type NodeExecutionState,
  type Report,
} from '../domain/index.ts'
import type { ExecutionChange } from '../ports/index.ts'

/** What a report does to what is known: nothing, with the reason for the log, or steps through the state table. */
export type ReportEffect =
  { readonly ignored: string } | { readonly ignored?: never; readonly changes: readonly ExecutionChange[] }

const stateOf: Readonly<Record<NodeExecutionState, ExecutionState>> = {
  Accepted: 'BidAccepted',
  Preparing: 'BidAccepted',
  Running: 'Running',
  Publishing: 'Publishing',
  Completed: 'Completed',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
}

/**
 * Pure. Ignored are: unknown executions, another token (fencing), executions that are over, states behind the known one,
 * and Completed for a result that is still on its way here: only its arrival completes an execution.
 */
export function effectOf(
  execution: ExecutionRecord | undefined,
  report: Report,
  nowMs: number,
): ReportEffect {
  if (execution === undefined) return { ignored: 'the execution is not known' }
  if (execution.jobId !== report.jobId) return { ignored: 'the execution belongs to another job' }
  if (execution.token !== report.token) return { ignored: 'the token is not the execution’s' }
  if (isExecutionOver(execution.state)) return { ignored: `the execution is ${execution.state}` }
  const to = stateOf[report.state]
  if (to === 'Completed' && execution.result !== undefined) return { ignored: 'its result is still fetched' }
  const path = pathTo(execution.state, to)
  if (path === undefined) return { ignored: `the execution is ${execution.state} already` }
  const facts = factsOf(execution, report, nowMs)
  if (path.length === 0) return isEmpty(facts) ? { changes: [] } : { changes: [change(execution, 0, facts)] }
  return {
    changes: path.map((step, index) => ({
      ...change(execution, index, index === path.length - 1 ? facts : {}),
      to: step,
    })),
  }
}

type Facts = NonNullable<ExecutionChange['set']>

function change({ id, revision }: ExecutionRecord, index: number, set: Facts): ExecutionChange {
  return { id, expectedRevision: revision + index, ...(isEmpty(set) ? {} : { set }) }
}

function factsOf(execution: ExecutionRecord, report: Report, nowMs: number): Facts {
  const { state, reason, exitCode, outcome, result, atMs } = report
  const isStart = state === 'Running' && execution.runningAtMs === undefined
  // The node’s clock may be wrong, but not by more than the execution is old.
  const runningAtMs = Math.min(nowMs, Math.max(execution.createdAtMs, atMs))
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(result === undefined ? {} : { result }),
    ...(isStart ? { runningAtMs } : {}),
  }
}

/** What a node can bring about: it cannot reject or supersede any more once it reports. */
const waypoints: readonly ExecutionState[] = [
  'AskForBid',
  'AskForBidAccepted',
  'BidAccepted',
  'Running',
  'Publishing',
]

/** The shortest legal way; empty when there already, undefined when there is none. */
export function pathTo(from: ExecutionState, to: ExecutionState): readonly ExecutionState[] | undefined {
  const ways: (readonly ExecutionState[])[] = [[]]
  const seen = new Set<ExecutionState>([from])
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const at = way.at(-1) ?? from
    if (at === to) return way
    for (const next of executionTransitions[at]) {
      if (seen.has(next) || (next !== to && !waypoints.includes(next))) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}

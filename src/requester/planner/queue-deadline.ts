import type { ExecutionRecord } from '../../domain/index.ts'
import { isBadEnd } from './attempts.ts'
import type { PlanInput } from './plan.ts'

/**
 * Until when something that does not run yet is waited for: `timeouts.queueSeconds` after the job was accepted, or after
 * the last of `earlier` that had started was over or was taken away from its node. Never for daemon jobs; later while most
 * nodes are silent at once, because then it is probably this requester that is cut off.
 */
export function queueDeadlineMs(input: PlanInput, earlier: readonly ExecutionRecord[]): number {
  const { job, nowMs, massSilenceMs, timings } = input
  if (job.spec.type === 'daemon') return Infinity
  const ends = earlier
    .filter((execution) => execution.state === 'Completed' || isBadEnd(execution) || wasTakenAway(execution))
    .map((execution) => execution.updatedAtMs)
  const deadlineMs = Math.max(job.createdAtMs, ...ends) + job.spec.timeouts.queueSeconds * 1000
  if (massSilenceMs === undefined) return deadlineMs
  const heldMs = Math.max(0, timings.massSilenceHoldMs - massSilenceMs)
  return heldMs === 0 ? deadlineMs : Math.max(deadlineMs, nowMs + heldMs)
}

/** By draining its node, or because the node was silent for too long. */
function wasTakenAway({ state, reason }: ExecutionRecord): boolean {
  return state === 'Superseded' && (reason?.code === 'draining' || reason?.code === 'superseded')
}

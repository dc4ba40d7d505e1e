import { isBadEnd, isRefusal, readyAtMs, type Attempts } from './attempts.ts'
import { isAvailable, objection, seemsToHold } from './matching.ts'
import type { NodeSight, PlanInput } from './plan.ts'
import { byRank, partsOf } from './ranking.ts'
import type { NodeId } from '../../domain/index.ts'

/** A node that may run a batch job, now or later. */
export interface Candidate {
  readonly node: NodeSight
  readonly attempts: Attempts
  /** Not before this may it be asked. */
  readonly readyMs: number
  /** It already did (or failed) a part of the job; others come first. */
  readonly isUsed: boolean
}

/** All nodes that match, did not refuse, and do not work on the job right now. */
export function candidatesFor(
  { job, nodes, timings }: PlanInput,
  attemptsOf: (nodeId: NodeId) => Attempts,
): readonly Candidate[] {
  return nodes.flatMap((node): Candidate[] => {
    const attempts = attemptsOf(node.record.id)
    if (attempts.live.length > 0 || attempts.all.some(isRefusal)) return []
    if (objection(job.spec, node.record) !== undefined) return []
    const isUsed = attempts.completed > 0 || attempts.all.some(isBadEnd)
    return [{ node, attempts, readyMs: readyAtMs(attempts, timings), isUsed }]
  })
}

/** How many nodes are asked for `wanted` places: more than are needed where the bids tell who has the data. */
function asksFor(wanted: number, { job }: PlanInput): number {
  return job.spec.inputs.length === 0 ? wanted : Math.max(8, 3 * wanted)
}

/**
 * The best of those that can be asked now, for `wanted` places; and when more could be chosen. A node is used twice only
 * when no unused one is left, or those that are left could not be asked for `distinctPatienceMs`.
 */
export function chooseFrom(
  candidates: readonly Candidate[],
  wanted: number,
  input: PlanInput,
): { readonly chosen: readonly Candidate[]; readonly dueAtMs: readonly number[] } {
  const { job, nowMs, timings } = input
  const isReady = ({ node, readyMs }: Candidate): boolean => isAvailable(node) && nowMs >= readyMs
  const unused = candidates.filter(({ isUsed }) => !isUsed)
  const patienceEndsMs = job.createdAtMs + timings.distinctPatienceMs
  const mayReuse = unused.every(isReady) || nowMs >= patienceEndsMs
  const best = candidates
    .filter((candidate) => isReady(candidate) && (mayReuse || !candidate.isUsed))
    .map((candidate) => ({
      candidate,
      nodeId: candidate.node.record.id,
      parts: partsOf(candidate.node, candidate.attempts, {
        mayHold: seemsToHold(job.spec, candidate.node.record),
      }),
    }))
    .sort(byRank(job.id))
    .map(({ candidate }) => candidate)
  const isExtraUseful = (candidate: Candidate, index: number): boolean => index < wanted || !candidate.isUsed
  const chosen = wanted === 0 ? [] : best.filter(isExtraUseful).slice(0, asksFor(wanted, input))
  const waits = candidates.filter(({ node }) => isAvailable(node)).map(({ readyMs }) => readyMs)
  return { chosen, dueAtMs: mayReuse ? waits : [...waits, patienceEndsMs] }
}

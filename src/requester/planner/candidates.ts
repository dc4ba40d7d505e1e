import { isBadEnd, isRefusal, readyAtMs, type Attempts } from './attempts.ts'
import { compare } from './compare.ts'
import { objection, seemsToHold } from './matching.ts'
import type { NodeSight, PlanInput } from './plan.ts'
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

/**
 * The best `wanted` of those that can be asked now; and when more could be chosen. A node is used twice only when no unused
 * one is left, or those that are left could not be asked for `distinctPatienceMs`.
 */
export function chooseFrom(
  candidates: readonly Candidate[],
  wanted: number,
  { job, nowMs, timings }: PlanInput,
): { readonly chosen: readonly Candidate[]; readonly dueAtMs: readonly number[] } {
  const order = byPreference(candidates, job.spec)
  const isReady = ({ node, readyMs }: Candidate): boolean =>
    node.connectivity === 'connected' && nowMs >= readyMs
  const unused = candidates.filter(({ isUsed }) => !isUsed)
  const patienceEndsMs = job.createdAtMs + timings.distinctPatienceMs
  const areAllReady = unused.every(isReady)
  const mayReuse = areAllReady || nowMs >= patienceEndsMs
  const chosen = candidates
    .filter((candidate) => isReady(candidate) && (mayReuse || !candidate.isUsed))
    .sort(order)
    .slice(0, wanted)
  const waits = candidates
    .filter(({ node }) => node.connectivity === 'connected')
    .map(({ readyMs }) => readyMs)
  return { chosen, dueAtMs: mayReuse ? waits : [...waits, patienceEndsMs] }
}

/** Unused nodes first, then those that seem to have the footage, then those with most free CPU and memory; then by id. */
function byPreference(
  candidates: readonly Candidate[],
  spec: PlanInput['job']['spec'],
): (a: Candidate, b: Candidate) => number {
  const holds = new Map(candidates.map(({ node }) => [node.record.id, seemsToHold(spec, node.record)]))
  const rank = ({ node, attempts, isUsed }: Candidate): readonly number[] => [
    isUsed ? 1 : 0,
    attempts.completed,
    attempts.all.length,
    holds.get(node.record.id) === true ? 0 : 1,
    -node.record.info.free.cpu,
    -node.record.info.free.memoryBytes,
  ]
  return (a, b) => {
    const other = rank(b)
    const difference = rank(a)
      .map((value, index) => value - (other[index] ?? 0))
      .find((value) => value !== 0)
    return difference ?? compare(a.node.record.id, b.node.record.id)
  }
}

import type { BidFacts, Choice, ExecutionRecord, JobId, NodeId } from '../../domain/index.ts'
import { isBadEnd, type Attempts } from './attempts.ts'
import { compare } from './compare.ts'
import type { NodeSight } from './plan.ts'

/** What speaks for a node, in the order in which it counts. Of `runs` less is better, of everything else more. */
export type Parts = Choice['parts']

/**
 * - `runs`: executions of the job that the node completed or failed: distinct nodes first;
 * - `matchedBytes`, `matchedFiles`: how much of the inputs lies there, as its bid says; before the bid `mayHold`, whether
 *   its allow-list covers the inputs;
 * - `freeCpu`, `freeMemoryBytes`: as of its last heartbeat.
 */
export function partsOf(
  { record }: NodeSight,
  { all }: Attempts,
  known: BidFacts | { readonly mayHold: boolean },
): Parts {
  const { cpu, memoryBytes } = record.info.free
  const runs = all.filter((each) => each.state === 'Completed' || isBadEnd(each)).length
  const locality =
    'mayHold' in known
      ? [{ name: 'mayHold', value: Number(known.mayHold) }]
      : [
          { name: 'matchedBytes', value: known.matchedBytes },
          { name: 'matchedFiles', value: known.matchedFiles },
        ]
  return [
    { name: 'runs', value: runs },
    ...locality,
    { name: 'freeCpu', value: cpu },
    { name: 'freeMemoryBytes', value: memoryBytes },
  ]
}

export interface Ranked {
  readonly nodeId: NodeId
  readonly parts: Parts
}

/** Best first. What is equal in everything goes by a number out of job and node, so that jobs spread and plans repeat. */
export function byRank(jobId: JobId): (a: Ranked, b: Ranked) => number {
  return (a, b) => {
    const part = decisivePart(a.parts, b.parts)
    if (part !== undefined) return part.name === 'runs' ? part.own - part.other : part.other - part.own
    return draw(jobId, a.nodeId) - draw(jobId, b.nodeId) || compare(a.nodeId, b.nodeId)
  }
}

/** The first part in which two differ. */
export function decisivePart(
  own: Parts,
  other: Parts,
): { readonly name: string; readonly own: number; readonly other: number } | undefined {
  for (const [index, { name, value }] of own.entries()) {
    const theirs = other[index]?.value ?? value
    if (theirs !== value) return { name, own: value, other: theirs }
  }
  return undefined
}

/** 32-bit FNV-1a. */
function draw(jobId: JobId, nodeId: NodeId): number {
  let hash = 0x811c9dc5
  for (const character of `${jobId} ${nodeId}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return hash
}

/** A bid with what speaks for it. */
export interface RankedBid extends Ranked {
  readonly execution: ExecutionRecord
}

import type { Detection } from '../detector/index.ts'
import { boxOverlap, widenBox } from '../tracking/index.ts'

/** Boxes twice as long in both directions that overlap so much are one object at two times (as the tracker’s third round). */
const widening = 2
const leastOverlap = 0.2
/** Of different classes, boxes as they are: the detector wavers. */
const leastOverlapAcrossClasses = 0.6

/** An object whose score is this near to the wanted one may or may not count; more looks decide. */
const undecidedBy = 0.1

/**
 * Whether two frames show the same objects: each that is at least `leadScore` sure in one has a counterpart of its own,
 * however unsure, in the other, and no score is so near to it that more looks are needed. Then nothing that matters came or
 * went between the two, unless for a moment.
 */
export function showTheSame(a: readonly Detection[], b: readonly Detection[], leadScore: number): boolean {
  const isUndecided = ({ score }: Detection): boolean => Math.abs(score - leadScore) < undecidedBy
  if (a.some(isUndecided) || b.some(isUndecided)) return false
  return isFoundIn(a, b, leadScore) && isFoundIn(b, a, leadScore)
}

function isFoundIn(objects: readonly Detection[], others: readonly Detection[], leadScore: number): boolean {
  const free = new Set(others)
  const sure = objects.filter(({ score }) => score >= leadScore).toSorted((a, b) => b.score - a.score)
  return sure.every((object) => {
    let best: Detection | undefined
    let most = 0
    for (const other of free) {
      const likeness = likenessOf(object, other)
      if (likeness > most) [best, most] = [other, likeness]
    }
    if (best !== undefined) free.delete(best)
    return best !== undefined
  })
}

function likenessOf(a: Detection, b: Detection): number {
  if (a.classId === b.classId) {
    const overlap = boxOverlap(widenBox(a.box, widening), widenBox(b.box, widening))
    return overlap >= leastOverlap ? overlap : 0
  }
  const overlap = boxOverlap(a.box, b.box)
  return overlap >= leastOverlapAcrossClasses ? overlap : 0
}

import type { Detection } from '../detector/index.ts'
import { boxOverlap } from './boxes.ts'

/** One object in one frame, with every class that the detector took it for. */
export interface Sighting extends Detection {
  readonly votes: readonly Pick<Detection, 'classId' | 'score'>[]
}

/** Boxes of different classes that overlap more are two names for one object: NMS works class by class. */
const twinOverlap = 0.8

/** The objects of a frame, best first, whatever order they came in. A box’s twin of another class is only a vote for it. */
export function sightingsOf(detections: readonly Detection[]): readonly Sighting[] {
  const sightings: (Sighting & { votes: Sighting['votes'] })[] = []
  for (const detection of detections.toSorted(compareDetections)) {
    const { classId, score, box } = detection
    const twin = sightings.find(
      (other) =>
        other.votes.every((vote) => vote.classId !== classId) && boxOverlap(other.box, box) > twinOverlap,
    )
    if (twin === undefined) sightings.push({ ...detection, votes: [{ classId, score }] })
    else sightings[sightings.indexOf(twin)] = { ...twin, votes: [...twin.votes, { classId, score }] }
  }
  return sightings
}

/** A total order of the values, so that ids do not depend on the order in which a frame lists its objects. */
function compareDetections(a: Detection, b: Detection): number {
  if (a.score !== b.score) return b.score - a.score
  if (a.classId !== b.classId) return a.classId - b.classId
  for (const [index, value] of a.box.entries()) {
    const other = b.box[index as 0 | 1 | 2 | 3]
    if (value !== other) return value - other
  }
  return 0
}

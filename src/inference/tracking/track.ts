import type { Box } from '../../domain/index.ts'
import type { Label } from '../detector/index.ts'

/** One sight of an object; seconds are PTS. */
export interface TrackPoint {
  readonly seconds: number
  readonly score: number
  readonly box: Box
  /** As of a detection. */
  readonly label?: Label | null
}

/**
 * Detections of one object over time. `path` holds all of them, `scores` those that are sure (at least the engine’s
 * score threshold), both in the order of time. `classId` is the class that the object was mostly taken for.
 */
export interface Track {
  readonly id: number
  readonly classId: number
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly scores: readonly number[]
  readonly peakScore: number
  readonly peakSeconds: number
  readonly peakBox: Box
  readonly path: readonly TrackPoint[]
  /** Another model looked for the object and never saw it. */
  readonly isUnconfirmed?: boolean
}

/** The middle score, or the mean of the two in the middle. */
export function medianScore({ scores }: Pick<Track, 'scores'>): number {
  return median(scores)
}

/** The middle value, or the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b)
  const upper = ordered[Math.floor(ordered.length / 2)] ?? 0
  const lower = ordered[Math.ceil(ordered.length / 2) - 1] ?? 0
  return (lower + upper) / 2
}

/** The point of the highest score, the first of equals; of labelled points where there are any. Throws on a path without points. */
export function peakOf(path: readonly TrackPoint[]): TrackPoint {
  const labelled = path.filter(({ label }) => Boolean(label))
  const points = labelled.length > 0 ? labelled : path
  return points.reduce((best, point) => (point.score > best.score ? point : best))
}

import type { Box } from '../../domain/index.ts'

/** One sight of an object; seconds are PTS. */
export interface TrackPoint {
  readonly seconds: number
  readonly score: number
  readonly box: Box
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

/** The point of the highest score, the first of equals. Throws on a path without points. */
export function peakOf(path: readonly TrackPoint[]): TrackPoint {
  return path.reduce((best, point) => (point.score > best.score ? point : best))
}

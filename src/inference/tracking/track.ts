import type { Box } from '../../domain/index.ts'

/** Detections of one object over time; seconds are PTS. `scores` are in the order of time. */
export interface Track {
  readonly id: number
  readonly classId: number
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly scores: readonly number[]
  readonly peakScore: number
  readonly peakSeconds: number
  readonly peakBox: Box
}

/** The middle score, or the mean of the two in the middle. */
export function medianScore({ scores }: Pick<Track, 'scores'>): number {
  const ordered = scores.toSorted((a, b) => a - b)
  const upper = ordered[Math.floor(ordered.length / 2)] ?? 0
  const lower = ordered[Math.ceil(ordered.length / 2) - 1] ?? 0
  return (lower + upper) / 2
}

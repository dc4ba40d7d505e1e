import { median, peakOf } from '../tracking/index.ts'
import type { Track, TrackPoint } from '../tracking/index.ts'

/** What became of the tracks of a file. */
export interface LabelCounts {
  /** Tracks that were looked at a second time. */
  readonly tracks: number
  /** Those that are called something else since. */
  readonly relabelled: number
  /** Those in which the second look never saw anything. */
  readonly unconfirmed: number
}

/**
 * Tracks as the second look sees them. The class is the one that it gave most score to. Scores are its own where it looked and
 * saw an object of that class; elsewhere the first look’s are moved by the median of what the two differ by there, so that a
 * median over a track is one over all of it. A track that it looked for and never saw keeps class and scores and is
 * unconfirmed; one that was never looked for is left as it is. `sureScore` is that of the tracker.
 */
export function labelTracks(
  tracks: readonly Track[],
  { sureScore }: { readonly sureScore: number },
): { readonly tracks: readonly Track[]; readonly counts: LabelCounts } {
  const looked = tracks.filter(({ path }) => path.some(({ label }) => label !== undefined))
  const labelled = new Map(looked.map((track) => [track, labelTrack(track, sureScore)]))
  const results = [...labelled]
  return {
    tracks: tracks.map((track) => labelled.get(track) ?? track),
    counts: {
      tracks: looked.length,
      relabelled: results.filter(([before, after]) => before.classId !== after.classId).length,
      unconfirmed: results.filter(([, { isUnconfirmed }]) => isUnconfirmed === true).length,
    },
  }
}

function labelTrack(track: Track, sureScore: number): Track {
  const seen = track.path.flatMap(({ score, label }) => (label ? [{ score, label }] : []))
  if (seen.length === 0) return { ...track, isUnconfirmed: true }
  const classId = elect(seen.map(({ label }) => label))
  const agreeing = seen.filter(({ label }) => label.classId === classId)
  const shift = median(agreeing.map(({ score, label }) => label.score - score))
  const path = track.path.map(({ label, ...point }) =>
    label?.classId === classId
      ? { ...point, label, score: label.score }
      : { ...point, score: Math.min(1, Math.max(0, point.score + shift)) },
  )
  const peak = peakOf(path)
  return {
    ...{
      ...track,
      path,
      classId,
      scores: sureScores(path, sureScore),
    },
    ...{ peakScore: peak.score, peakSeconds: peak.seconds, peakBox: peak.box },
  }
}

/** All of them when none is sure: a track has a score. */
function sureScores(path: readonly TrackPoint[], sureScore: number): readonly number[] {
  const scores = path.map(({ score }) => score)
  const sure = scores.filter((score) => score >= sureScore)
  return sure.length > 0 ? sure : scores
}

/** The class with the greatest sum of scores; of equals the lower id. */
function elect(votes: readonly { readonly classId: number; readonly score: number }[]): number {
  const sums = new Map<number, number>()
  for (const { classId, score } of votes) sums.set(classId, (sums.get(classId) ?? 0) + score)
  const [winner] = [...sums].sort(([a, sumA], [b, sumB]) => sumB - sumA || a - b)
  return winner?.[0] ?? 0
}

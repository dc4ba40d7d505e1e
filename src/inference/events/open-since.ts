import type { SignificancePolicy } from '../../domain/index.ts'
import type { Track } from '../tracking/index.ts'
import { leastGapSeconds, visitsIn } from './select-events.ts'
import type { SelectionScene } from './select-events.ts'
import type { Visit } from './visits.ts'

/** A track is taken up again after this long (tracking/tracker.ts); more than rounding can take away besides. */
const takenUpSeconds = 2.01

/**
 * From where footage that goes on has to be analysed for its events to be those of one run: the start, less the pre-roll,
 * of what may not be over where `footage` ends. What ended before is over: an event of it ends at or before that time.
 */
export function openSince(
  tracks: readonly Track[],
  policy: SignificancePolicy,
  scene: SelectionScene,
): number {
  const { footage, seenSeconds } = scene
  const now = visitsIn(tracks, policy, scene)
  // In longer footage an object has to stand longer to be parked.
  const later = visitsIn(tracks, policy, { ...scene, whole: { startSeconds: 0, endSeconds: Infinity } })
  const isNew = (visit: Visit): boolean =>
    !now.some(
      ({ track, startSeconds, endSeconds }) =>
        track.id === visit.track.id && startSeconds === visit.startSeconds && endSeconds === visit.endSeconds,
    )
  const reach = 0.01 + Math.max(leastGapSeconds(policy), policy.endHysteresisSeconds, takenUpSeconds)
  const last = seenSeconds?.findLast((seconds) => seconds < footage.endSeconds) ?? footage.endSeconds
  let since = Math.min(last, ...later.filter(isNew).map(({ startSeconds }) => startSeconds))
  for (const visit of later.toSorted((a, b) => b.endSeconds - a.endSeconds)) {
    if (visit.endSeconds + reach < since) break
    since = Math.min(since, visit.startSeconds)
  }
  return Math.max(footage.startSeconds, since - policy.preRollSeconds)
}

import type { Interval, SignificancePolicy } from '../../domain/index.ts'
import { medianScore } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'

/** An interval that the policy selects, and the significant tracks in it (by id). */
export interface SelectedEvent {
  readonly asked: Interval
  readonly tracks: readonly Track[]
}

/**
 * The significant events of one source, in the order of time, disjoint, inside `footage`. A track counts when its class
 * is wanted, its median score and its duration reach the policy’s; an event begins at the first detection of its first
 * track (back-dated, not when the track was confirmed) less the pre-roll. Tracks closer than the merge gap, or whose
 * rolls would overlap, are one event. `classes` gives the name of a class id.
 */
export function selectEvents(
  tracks: readonly Track[],
  policy: SignificancePolicy,
  { classes, footage }: { classes: readonly string[]; footage: Interval },
): readonly SelectedEvent[] {
  const wanted = new Set(policy.classes)
  const significant = tracks
    .filter(({ classId }) => wanted.size === 0 || wanted.has(classes[classId] ?? ''))
    .filter((track) => medianScore(track) >= policy.minScore)
    .filter((track) => atLeast(track.lastSeconds - track.firstSeconds, policy.minDurationSeconds))
    .toSorted((a, b) => a.firstSeconds - b.firstSeconds || a.id - b.id)
  return merge(significant, policy).map((group) => ({
    asked: clampTo(footage, {
      startSeconds: group.firstSeconds - policy.preRollSeconds,
      endSeconds: group.lastSeconds + policy.postRollSeconds,
    }),
    tracks: group.tracks.toSorted((a, b) => a.id - b.id),
  }))
}

interface Group {
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly tracks: readonly Track[]
}

function merge(significant: readonly Track[], policy: SignificancePolicy): readonly Group[] {
  const gap = Math.max(policy.mergeGapSeconds, policy.preRollSeconds + policy.postRollSeconds)
  const groups: Group[] = []
  for (const track of significant) {
    const last = groups.at(-1)
    if (last !== undefined && atLeast(gap, track.firstSeconds - last.lastSeconds)) {
      const lastSeconds = Math.max(last.lastSeconds, track.lastSeconds)
      groups[groups.length - 1] = { ...last, lastSeconds, tracks: [...last.tracks, track] }
    } else {
      groups.push({ firstSeconds: track.firstSeconds, lastSeconds: track.lastSeconds, tracks: [track] })
    }
  }
  return groups
}

/** PTS are differences of binary fractions: 3.6 - 3 is a little less than 0.6. */
const epsilonSeconds = 1e-6

function atLeast(value: number, bound: number): boolean {
  return value >= bound - epsilonSeconds
}

function clampTo(footage: Interval, { startSeconds, endSeconds }: Interval): Interval {
  return {
    startSeconds: Math.max(footage.startSeconds, startSeconds),
    endSeconds: Math.min(footage.endSeconds, endSeconds),
  }
}

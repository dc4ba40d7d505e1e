import type { Interval, SignificancePolicy } from '../../domain/index.ts'
import { medianScore } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import type { PictureSize } from './places.ts'
import { visitsOf } from './visits.ts'
import type { Visit } from './visits.ts'

/** An interval that the policy selects, and the significant visits in it, by track and time. */
export interface SelectedEvent {
  readonly asked: Interval
  readonly visits: readonly Visit[]
}

/** What tracks are seen against. */
export interface SelectionScene {
  /** Names of class ids. */
  readonly classes: readonly string[]
  readonly footage: Interval
  /** What `footage` is a part of; how long that is matters for what counts as parked. */
  readonly whole?: Interval | undefined
  readonly picture?: PictureSize
  readonly seenSeconds?: readonly number[] | undefined
}

/**
 * The significant events of one source, in the order of time, disjoint, inside `footage`. A visit counts when its
 * track’s class is wanted and its median score reaches the policy’s, when it lasts and moves as asked and, where zones
 * or lines are named, when it stays in one of the zones or crosses one of the lines. An event begins at the first
 * detection of its first visit (back-dated, not when the track was confirmed) less the pre-roll. Visits closer than the
 * merge gap, or whose rolls would overlap, are one event. `classes` gives the name of a class id; `picture` only
 * matters for distances and defaults to a square. `seenSeconds` are the times of the frames that were looked at, where
 * these lie far apart: a visit then reaches to its neighbours, for the object came and went somewhere between.
 */
export function selectEvents(
  tracks: readonly Track[],
  policy: SignificancePolicy,
  scene: SelectionScene,
): readonly SelectedEvent[] {
  const { footage } = scene
  const sure = tracks.filter((track) => medianScore(track) >= policy.minScore)
  const significant = visitsIn(sure, policy, scene)
    .filter((visit) => isSignificant(visit, policy))
    .toSorted((a, b) => a.startSeconds - b.startSeconds || a.track.id - b.track.id)
  return merge(significant, policy).map((visits) => ({
    asked: clampTo(footage, {
      startSeconds: (visits[0] as Visit).startSeconds - policy.preRollSeconds,
      endSeconds: endOf(visits) + policy.postRollSeconds,
    }),
    visits: visits.toSorted((a, b) => a.track.id - b.track.id || a.startSeconds - b.startSeconds),
  }))
}

/** The visits of the objects of wanted classes, significant or not. */
export function visitsIn(
  tracks: readonly Track[],
  policy: SignificancePolicy,
  scene: SelectionScene,
): readonly Visit[] {
  const { classes, footage, whole = footage, picture = { width: 1, height: 1 }, seenSeconds } = scene
  return tracks
    .filter(({ classId }) => policy.classes.length === 0 || policy.classes.includes(classes[classId] ?? ''))
    .flatMap((track) => visitsOf(track, policy, { classes, footage: whole, picture }))
    .map((visit) => (seenSeconds === undefined ? visit : widened(visit, seenSeconds, footage)))
}

/** Visits closer than this are one event. */
export function leastGapSeconds({
  mergeGapSeconds,
  preRollSeconds,
  postRollSeconds,
}: SignificancePolicy): number {
  return Math.max(mergeGapSeconds, preRollSeconds + postRollSeconds)
}

function widened(visit: Visit, seenSeconds: readonly number[], footage: Interval): Visit {
  const before = seenSeconds.findLast((seconds) => seconds < visit.startSeconds)
  const after = seenSeconds.find((seconds) => seconds > visit.endSeconds)
  return {
    ...visit,
    startSeconds: before ?? footage.startSeconds,
    endSeconds: after ?? footage.endSeconds,
  }
}

function isSignificant(visit: Visit, policy: SignificancePolicy): boolean {
  const { startSeconds, endSeconds, displacement } = visit
  if (!atLeast(endSeconds - startSeconds, policy.minDurationSeconds)) return false
  if (displacement < policy.minDisplacement) return false
  if (policy.zones.length === 0 && policy.lines.length === 0)
    return atLeast(endSeconds - startSeconds, policy.dwellSeconds)
  return visit.crossings.length > 0 || visit.zones.some((stay) => isLongEnough(stay, policy))
}

function isLongEnough({ zone, longestSeconds }: Visit['zones'][number], policy: SignificancePolicy): boolean {
  const asked = policy.zones.find(({ name }) => name === zone)?.dwellSeconds ?? policy.dwellSeconds
  return atLeast(longestSeconds, asked)
}

function merge(significant: readonly Visit[], policy: SignificancePolicy): readonly (readonly Visit[])[] {
  const gap = leastGapSeconds(policy)
  const groups: Visit[][] = []
  let lastSeconds = -Infinity
  for (const visit of significant) {
    if (atLeast(gap, visit.startSeconds - lastSeconds)) groups.at(-1)?.push(visit)
    else groups.push([visit])
    lastSeconds = Math.max(lastSeconds, visit.endSeconds)
  }
  return groups
}

function endOf(visits: readonly Visit[]): number {
  return visits.reduce((last, { endSeconds }) => Math.max(last, endSeconds), -Infinity)
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

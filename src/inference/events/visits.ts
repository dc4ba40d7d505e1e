import type { Crossing, Interval, SignificancePolicy, ZoneStay } from '../../domain/index.ts'
import { median } from '../tracking/index.ts'
import type { Track, TrackPoint } from '../tracking/index.ts'
import { crossingsOf, isFor, stayIn } from './places.ts'
import type { PictureSize } from './places.ts'
import { movingTimes } from './stillness.ts'

/** One visit of one object: a part of its track, without the time in which it is parked, and what it did then. */
export interface Visit extends Interval {
  readonly track: Track
  readonly path: readonly TrackPoint[]
  /** Furthest from where it began, as a share of the picture’s diagonal. */
  readonly displacement: number
  readonly zones: readonly ZoneStay[]
  readonly crossings: readonly Crossing[]
}

export interface Scene {
  readonly classes: readonly string[]
  readonly footage: Interval
  readonly picture: PictureSize
}

/** An object that fills so much of a short file at one place is parked in it. */
const stillShareOfFootage = 0.8
const leastStillSeconds = 2
/** So many of its usual steps without a sight are a gap in a path. */
const longestGapSteps = 3

/** The visits of an object, in the order of time. With `ignoreParked` off every track is one, unless it has gaps. */
export function visitsOf(track: Track, policy: SignificancePolicy, scene: Scene): readonly Visit[] {
  const active = policy.ignoreParked ? activeTimes(track, policy, scene) : [wholeOf(track)]
  return active
    .flatMap((interval) => withoutGaps(track.path, interval, policy.endHysteresisSeconds))
    .map((path) => describeVisit(track, path, policy, scene))
}

function wholeOf({ firstSeconds, lastSeconds }: Track): Interval {
  return { startSeconds: firstSeconds, endSeconds: lastSeconds }
}

/**
 * When the object counts: while it moves and, after that, until the hysteresis is over, or until it has stayed in a zone
 * for as long as the zone asks. What never moves never counts.
 */
function activeTimes(
  track: Track,
  policy: SignificancePolicy,
  { classes, footage }: Scene,
): readonly Interval[] {
  const { parkedAfterSeconds, endHysteresisSeconds, zones } = policy
  const footageSeconds = footage.endSeconds - footage.startSeconds
  const stillSeconds = Math.max(
    leastStillSeconds,
    Math.min(parkedAfterSeconds, footageSeconds * stillShareOfFootage),
  )
  const moving = movingTimes(track.path, stillSeconds)
  const dwells = zones
    .filter((zone) => isFor(zone, classes[track.classId] ?? ''))
    .map((zone) => zone.dwellSeconds ?? policy.dwellSeconds)
  const heldSeconds = Math.max(endHysteresisSeconds, ...dwells)
  const active: Interval[] = []
  for (const { startSeconds, endSeconds } of moving) {
    const held =
      endSeconds < track.lastSeconds ? Math.min(track.lastSeconds, endSeconds + heldSeconds) : endSeconds
    const before = active.at(-1)
    if (before !== undefined && startSeconds <= before.endSeconds)
      active[active.length - 1] = { ...before, endSeconds: Math.max(before.endSeconds, held) }
    else active.push({ startSeconds, endSeconds: held })
  }
  return active
}

/** The parts of a path inside an interval between which the object was out of sight for longer than the hysteresis. */
function withoutGaps(
  path: readonly TrackPoint[],
  { startSeconds, endSeconds }: Interval,
  longestSeconds: number,
): readonly (readonly TrackPoint[])[] {
  const parts: TrackPoint[][] = []
  const steps = path.slice(1).map(({ seconds }, index) => seconds - (path[index] as TrackPoint).seconds)
  // Few frames a second are no reason to end a visit.
  const gapSeconds = Math.max(longestSeconds, median(steps) * longestGapSteps)
  let before = -Infinity
  for (const point of path) {
    if (point.seconds < startSeconds || point.seconds > endSeconds) continue
    if (point.seconds - before > gapSeconds) parts.push([])
    parts.at(-1)?.push(point)
    before = point.seconds
  }
  return parts
}

function describeVisit(
  track: Track,
  path: readonly TrackPoint[],
  policy: SignificancePolicy,
  { classes, picture }: Scene,
): Visit {
  const className = classes[track.classId] ?? ''
  const { anchor, zones, lines, endHysteresisSeconds } = policy
  return {
    track,
    path,
    startSeconds: path[0]?.seconds ?? track.firstSeconds,
    endSeconds: path.at(-1)?.seconds ?? track.lastSeconds,
    displacement: displacementOf(path, picture),
    zones: zones
      .filter((zone) => isFor(zone, className))
      .flatMap((zone) => stayIn(zone, path, { anchor, toleranceSeconds: endHysteresisSeconds }) ?? []),
    crossings: lines
      .filter((line) => isFor(line, className))
      .flatMap((line) => crossingsOf(line, path, { anchor, picture }))
      .sort((a, b) => a.seconds - b.seconds),
  }
}

function displacementOf(path: readonly TrackPoint[], { width, height }: PictureSize): number {
  const [first] = path
  if (first === undefined) return 0
  const furthest = path.reduce(
    (most, { box }) =>
      Math.max(most, Math.hypot((box[0] - first.box[0]) * width, (box[1] - first.box[1]) * height)),
    0,
  )
  return furthest / Math.hypot(width, height)
}

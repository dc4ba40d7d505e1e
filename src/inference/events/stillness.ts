import type { Box, Interval } from '../../domain/index.ts'
import { boxOverlap, median } from '../tracking/index.ts'
import type { TrackPoint } from '../tracking/index.ts'

/** In a window of time an object is still when so many of its boxes overlap their median so much. */
const stillShare = 0.8
const stillOverlap = 0.65
/** Windows begin this share of their length apart. */
const stride = 1 / 8
/** An object has left its place when a box overlaps it less than this, twice. */
const leftOverlap = 0.35
const leftPoints = 2

/** Gaps up to the longest are filled to the usual step: an object that is held is looked at once a second. */
const usualStepSeconds = 0.2
const longestStepSeconds = 1.25

interface Rest extends Interval {
  readonly place: Box
}

/**
 * When an object moves: its path less the times in which it stays at one place for `stillSeconds` or longer. What only
 * seems to move because its box is cut for a while (something passes in front) or because it is found late is not
 * movement: it must have left its place. A path that never rests is one interval; what always rests has none.
 */
export function movingTimes(sparse: readonly TrackPoint[], stillSeconds: number): readonly Interval[] {
  const path = filled(sparse)
  const rests = restsOf(path, stillSeconds)
  const [first, last] = [path[0], path.at(-1)]
  if (first === undefined || last === undefined) return []
  if (rests.length === 0) return [{ startSeconds: first.seconds, endSeconds: last.seconds }]
  const between = [...rests, undefined].map((rest, index) => {
    const earlier = rests[index - 1]
    return {
      startSeconds: earlier?.endSeconds ?? first.seconds,
      endSeconds: rest?.startSeconds ?? last.seconds,
      places: [earlier, rest].flatMap((one) => (one === undefined ? [] : [one.place])),
    }
  })
  return between
    .filter(({ startSeconds, endSeconds, places }) => {
      const away = path.filter(
        ({ seconds, box }) =>
          seconds >= startSeconds &&
          seconds <= endSeconds &&
          places.some((place) => boxOverlap(box, place) < leftOverlap),
      )
      return away.length >= leftPoints
    })
    .map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds }))
}

/**
 * A path with boxes at least every `usualStep`, on the straight way between those that were seen up to `longestStep` apart:
 * shares of points are shares of time then, however seldom an object was looked at.
 */
function filled(path: readonly TrackPoint[]): readonly TrackPoint[] {
  return path.flatMap((point, index) => {
    const next = path[index + 1]
    const gap = next === undefined ? 0 : next.seconds - point.seconds
    if (next === undefined || gap > longestStepSeconds) return [point]
    const steps = Math.max(1, Math.ceil(gap / usualStepSeconds - 1e-6))
    return Array.from({ length: steps }, (_, step) => between(point, next, step / steps))
  })
}

function between(a: TrackPoint, b: TrackPoint, share: number): TrackPoint {
  if (share === 0) return a
  const mix = (one: number, other: number): number => one + (other - one) * share
  const [x, y, width, height] = a.box.map((value, index) => mix(value, b.box[index as 0 | 1 | 2 | 3])) as Four
  return { seconds: mix(a.seconds, b.seconds), score: mix(a.score, b.score), box: [x, y, width, height] }
}

type Four = [number, number, number, number]

/** The times of rest, in order and disjoint, from the first to the last box at the place. */
function restsOf(path: readonly TrackPoint[], stillSeconds: number): readonly Rest[] {
  const rests: Rest[] = []
  let nextSeconds = -Infinity
  let end = 0
  for (const [begin, { seconds }] of path.entries()) {
    if (seconds < nextSeconds) continue
    while (end < path.length && (path[end] as TrackPoint).seconds - seconds < stillSeconds - 1e-6) end++
    if (end === path.length) break
    nextSeconds = seconds + stillSeconds * stride
    const rest = restIn(path.slice(begin, end + 1))
    if (rest === undefined) continue
    const before = rests.at(-1)
    if (before !== undefined && rest.startSeconds <= before.endSeconds)
      rests[rests.length - 1] = { ...before, endSeconds: Math.max(before.endSeconds, rest.endSeconds) }
    else rests.push(rest)
  }
  return rests
}

function restIn(points: readonly TrackPoint[]): Rest | undefined {
  const place = ([0, 1, 2, 3] as const).map((index) => median(points.map(({ box }) => box[index])))
  const there = points.filter(({ box }) => boxOverlap(box, place as unknown as Box) >= stillOverlap)
  const [first, last] = [there[0], there.at(-1)]
  if (first === undefined || last === undefined || there.length < points.length * stillShare) return undefined
  return { startSeconds: first.seconds, endSeconds: last.seconds, place: place as unknown as Box }
}

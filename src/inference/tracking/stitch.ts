import type { Box } from '../../domain/index.ts'
import { boxOverlap } from './boxes.ts'
import { peakOf } from './track.ts'
import type { Track, TrackPoint } from './track.ts'

/** Sides of both boxes may differ by this factor. */
const sizeFactor = 2
/** How far, in sizes, an object may be from where it should have come to. */
const nearSizes = 1
/** A speed is taken over about this long, and is trusted no further ahead than `longestPredictionSeconds`. */
const speedSeconds = 0.8
const longestPredictionSeconds = 2
/** What stood still is found again at the same place after much longer. */
const stillOverlap = 0.6
const stillGapSeconds = 60
/** As many points of a track’s beginning as are looked at. */
const headPoints = 64

interface Link {
  readonly earlier: Track
  readonly later: Track
  readonly cost: number
}

/**
 * Joins tracks of one object that was out of sight for up to `gapSeconds`: same class, similar size, and seen again where
 * it should have come to. What stood still and is found at the same place may have been away for a minute. The joined
 * track keeps the earlier id; ids of the others do not change. A function of the tracks, not of their order.
 */
export function stitchTracks(
  tracks: readonly Track[],
  { gapSeconds }: { gapSeconds: number },
): readonly Track[] {
  const later = new Map<Track, Track>()
  const isContinuation = new Set<Track>()
  for (const link of linksOf(tracks, gapSeconds)) {
    if (later.has(link.earlier) || isContinuation.has(link.later)) continue
    later.set(link.earlier, link.later)
    isContinuation.add(link.later)
  }
  return tracks
    .filter((track) => !isContinuation.has(track))
    .map((track) => {
      const parts = [track]
      for (let next = later.get(track); next !== undefined; next = later.get(next)) parts.push(next)
      return joined(parts)
    })
    .sort((a, b) => a.id - b.id)
}

/** Every possible link, the cheapest first. */
function linksOf(tracks: readonly Track[], gapSeconds: number): readonly Link[] {
  const byStart = tracks.toSorted((a, b) => a.firstSeconds - b.firstSeconds || a.id - b.id)
  const longest = Math.max(gapSeconds, stillGapSeconds)
  const links: Link[] = []
  for (const earlier of byStart) {
    for (let at = firstAfter(byStart, earlier.lastSeconds); at < byStart.length; at++) {
      const candidate = byStart[at] as Track
      if (candidate.firstSeconds - earlier.lastSeconds > longest) break
      const cost = linkCost(earlier, candidate, gapSeconds)
      if (cost !== undefined) links.push({ earlier, later: candidate, cost })
    }
  }
  return links.sort((a, b) => a.cost - b.cost || a.earlier.id - b.earlier.id || a.later.id - b.later.id)
}

function firstAfter(byStart: readonly Track[], seconds: number): number {
  let [low, high] = [0, byStart.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((byStart[middle] as Track).firstSeconds > seconds) high = middle
    else low = middle + 1
  }
  return low
}

/** 0 for a perfect fit; undefined when it cannot be the same object. */
function linkCost(earlier: Track, later: Track, gapSeconds: number): number | undefined {
  if (earlier.classId !== later.classId) return undefined
  const [end] = earlier.path.slice(-1)
  const [begin] = later.path
  if (end === undefined || begin === undefined || !haveSimilarSize(end.box, begin.box)) return undefined
  const gap = begin.seconds - end.seconds
  if (
    boxOverlap(end.box, begin.box) >= stillOverlap &&
    isStill(earlier.path) &&
    isStill(later.path.slice(0, headPoints).toReversed())
  )
    return gap <= stillGapSeconds ? gap / stillGapSeconds : undefined
  if (gap > gapSeconds) return undefined
  const [speedX, speedY] = endSpeed(earlier.path)
  const ahead = Math.min(gap, longestPredictionSeconds)
  const [x, y] = [end.box[0] + speedX * ahead, end.box[1] + speedY * ahead]
  if (x < 0 || x > 1 || y < 0 || y > 1) return undefined
  const distance = Math.hypot(
    (begin.box[0] - x) / ((end.box[2] + begin.box[2]) / 2),
    (begin.box[1] - y) / ((end.box[3] + begin.box[3]) / 2),
  )
  return distance <= nearSizes ? distance + gap / gapSeconds : undefined
}

function haveSimilarSize(a: Box, b: Box): boolean {
  const isSimilar = (one: number, other: number): boolean =>
    one <= other * sizeFactor && other <= one * sizeFactor
  return isSimilar(a[2], b[2]) && isSimilar(a[3], b[3])
}

/** The points of the last moment, the last one included. */
function tail(path: readonly TrackPoint[]): readonly TrackPoint[] {
  const last = path.at(-1)?.seconds ?? 0
  let from = path.length - 1
  while (from > 0 && Math.abs(last - (path[from - 1] as TrackPoint).seconds) <= speedSeconds) from--
  return path.slice(from)
}

function isStill(path: readonly TrackPoint[]): boolean {
  const points = tail(path)
  const last = points.at(-1)
  return (
    points.length > 1 &&
    last !== undefined &&
    points.every(({ box }) => boxOverlap(box, last.box) >= stillOverlap)
  )
}

function endSpeed(path: readonly TrackPoint[]): readonly [number, number] {
  const points = tail(path)
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.seconds <= first.seconds) return [0, 0]
  const seconds = last.seconds - first.seconds
  return [(last.box[0] - first.box[0]) / seconds, (last.box[1] - first.box[1]) / seconds]
}

function joined(parts: readonly Track[]): Track {
  const [first, ...others] = parts as [Track, ...Track[]]
  if (others.length === 0) return first
  const path = parts.flatMap((part) => part.path)
  const peak = peakOf(path)
  const { isUnconfirmed: _, ...begun } = first
  return {
    ...begun,
    ...(parts.every(({ isUnconfirmed }) => isUnconfirmed) ? { isUnconfirmed: true } : {}),
    lastSeconds: parts.at(-1)?.lastSeconds ?? first.lastSeconds,
    scores: parts.flatMap(({ scores }) => scores),
    peakScore: peak.score,
    peakSeconds: peak.seconds,
    peakBox: peak.box,
    path,
  }
}

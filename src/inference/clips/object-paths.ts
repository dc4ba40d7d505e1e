import type { Box } from '../../domain/index.ts'
import type { Detection } from '../detector/index.ts'

/** What was detected in one sampled frame. */
export interface Sighting {
  readonly seconds: number
  readonly detections: readonly Detection[]
}

/** Where one object was seen, in the order of time; at least once. */
export interface ObjectPath {
  readonly classId: number
  readonly points: readonly PathPoint[]
}

export interface PathPoint {
  readonly seconds: number
  readonly box: Box
  readonly score: number
}

/** An object that was missed for no longer than this is the same, if it is near. */
const longestGapSeconds = 1.5
/** Of the mean diagonal of both boxes: how far an object goes from sample to sample. */
const farthest = 1

interface GrowingPath {
  readonly classId: number
  readonly points: PathPoint[]
}

/**
 * Joins sightings, in the order of time, by class and nearness. Unlike tracks, every detection is in a path: what must not
 * be seen must not be seen in a single frame either.
 */
export function linkSightings(sightings: readonly Sighting[], stepSeconds: number): readonly ObjectPath[] {
  const paths: GrowingPath[] = []
  let live: GrowingPath[] = []
  const gap = Math.max(longestGapSeconds, 2.5 * stepSeconds)
  for (const { seconds, detections } of sightings) {
    live = live.filter(({ points }) => seconds - (points.at(-1)?.seconds ?? -Infinity) <= gap)
    const taken = new Set<GrowingPath | Detection>()
    for (const { path, detection } of nearestPairs(live, detections)) {
      if (taken.has(path) || taken.has(detection)) continue
      taken.add(path).add(detection)
      path.points.push({ seconds, box: detection.box, score: detection.score })
    }
    for (const detection of detections) {
      if (taken.has(detection)) continue
      const { classId, box, score } = detection
      const path = { classId, points: [{ seconds, box, score }] }
      paths.push(path)
      live.push(path)
    }
  }
  return paths
}

function nearestPairs(
  live: readonly GrowingPath[],
  detections: readonly Detection[],
): readonly { readonly path: GrowingPath; readonly detection: Detection }[] {
  return live
    .flatMap((path) => {
      const last = path.points.at(-1)?.box
      return detections.flatMap((detection) => {
        if (last === undefined || detection.classId !== path.classId) return []
        const distance = relativeDistance(last, detection.box)
        return distance <= farthest ? [{ path, detection, distance }] : []
      })
    })
    .sort((a, b) => a.distance - b.distance)
}

function relativeDistance(a: Box, b: Box): number {
  const diagonal = (Math.hypot(a[2], a[3]) + Math.hypot(b[2], b[3])) / 2
  return diagonal > 0 ? Math.hypot(a[0] - b[0], a[1] - b[1]) / diagonal : 0
}

/**
 * Where the object is at a time: between two sightings on the straight way from one to the other, and up to
 * `holdSeconds` before the first and after the last where it was then, in a box that grows. Undefined at other times.
 */
export function boxAt({ points }: ObjectPath, seconds: number, holdSeconds: number): Box | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return undefined
  if (seconds < first.seconds) return held(first, first.seconds - seconds, holdSeconds)
  if (seconds > last.seconds) return held(last, seconds - last.seconds, holdSeconds)
  const next = points.findIndex((point) => point.seconds >= seconds)
  const [before, after] = [points[Math.max(0, next - 1)] ?? first, points[next] ?? last]
  const span = after.seconds - before.seconds
  const part = span > 0 ? (seconds - before.seconds) / span : 0
  const mix = (index: 0 | 1 | 2 | 3): number =>
    before.box[index] + (after.box[index] - before.box[index]) * part
  return [mix(0), mix(1), mix(2), mix(3)]
}

function held({ box }: PathPoint, away: number, holdSeconds: number): Box | undefined {
  if (away > holdSeconds) return undefined
  const [x, y, width, height] = box
  const grown = 1 + (0.5 * away) / holdSeconds
  return [x, y, width * grown, height * grown]
}

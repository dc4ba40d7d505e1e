import type { Detection, FrameDetections } from '../detector/index.ts'
import { boxOverlap, widenBox } from './boxes.ts'
import { LiveTrack } from './live-track.ts'
import type { Track } from './track.ts'

/**
 * How detections are joined: first those that overlap a track’s prediction, then, for what is left, those that do so
 * with both boxes made longer (fast objects at few frames a second; cf. “buffered IoU”, C-BIoU, WACV 2023).
 */
const rounds = [
  { factor: 1, leastOverlap: 0.3 },
  { factor: 2, leastOverlap: 0.2 },
] as const

/** A track without a detection for longer is over; few frames a second stretch it. */
const expirySeconds = 2
const expiryFrames = 2.5

interface Pair {
  readonly track: LiveTrack
  readonly detection: Detection
  readonly overlap: number
  readonly rank: number
}

/** Joins detections of the same class over time. Depends on nothing but the detections and their times. */
export class Tracker {
  readonly #expirySeconds: number
  readonly #over: Track[] = []
  #live: LiveTrack[] = []
  #nextId = 1

  constructor({ sampleFps }: { sampleFps: number }) {
    this.#expirySeconds = Math.max(expirySeconds, expiryFrames / sampleFps)
  }

  /** Frames come in the order of their times. The order of detections within a frame does not matter. */
  observe({ seconds, detections }: FrameDetections): void {
    this.#expire(seconds)
    let open = detections.toSorted(compareDetections)
    let free = this.#live
    for (const round of rounds) {
      const pairs = pairUp(seconds, free, open, round)
      for (const { track, detection } of pairs) track.observe(seconds, detection)
      const joined = new Set(pairs.map(({ detection }) => detection))
      const grown = new Set(pairs.map(({ track }) => track))
      open = open.filter((detection) => !joined.has(detection))
      free = free.filter((track) => !grown.has(track))
    }
    for (const detection of open) this.#live.push(new LiveTrack(this.#nextId++, seconds, detection))
  }

  /** All tracks, by id; the tracker begins anew afterwards, with ids going on. */
  finish(): readonly Track[] {
    this.#expire(Infinity)
    return this.#over.splice(0).sort((a, b) => a.id - b.id)
  }

  #expire(seconds: number): void {
    const isOver = (track: LiveTrack): boolean => seconds - track.lastSeconds > this.#expirySeconds
    this.#over.push(...this.#live.filter(isOver).map((track) => track.finish()))
    this.#live = this.#live.filter((track) => !isOver(track))
  }
}

/** The best disjoint pairs, greedily by overlap; equal overlaps go to the older track, then the better detection. */
function pairUp(
  seconds: number,
  tracks: readonly LiveTrack[],
  detections: readonly Detection[],
  { factor, leastOverlap }: (typeof rounds)[number],
): Pair[] {
  const candidates = tracks.flatMap((track) => {
    const predicted = widenBox(track.predict(seconds), factor)
    return detections.flatMap((detection, rank): Pair[] => {
      if (detection.classId !== track.classId) return []
      const overlap = boxOverlap(predicted, widenBox(detection.box, factor))
      return overlap >= leastOverlap ? [{ track, detection, overlap, rank }] : []
    })
  })
  candidates.sort((a, b) => b.overlap - a.overlap || a.track.id - b.track.id || a.rank - b.rank)
  const taken = new Set<LiveTrack | Detection>()
  return candidates.filter(({ track, detection }) => {
    if (taken.has(track) || taken.has(detection)) return false
    taken.add(track).add(detection)
    return true
  })
}

/** A total order of the values, so that ids do not depend on the order in which a frame lists its objects. */
function compareDetections(a: Detection, b: Detection): number {
  if (a.score !== b.score) return b.score - a.score
  if (a.classId !== b.classId) return a.classId - b.classId
  for (const [index, value] of a.box.entries()) {
    const other = b.box[index as 0 | 1 | 2 | 3]
    if (value !== other) return value - other
  }
  return 0
}

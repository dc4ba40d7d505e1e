import type { FrameDetections } from '../detector/index.ts'
import { assign } from './assignment.ts'
import { boxOverlap, widenBox } from './boxes.ts'
import { LiveTrack } from './live-track.ts'
import { sightingsOf } from './sightings.ts'
import type { Sighting } from './sightings.ts'
import type { Track } from './track.ts'

/**
 * How sightings are joined to tracks, round after round, in the manner of ByteTrack (Zhang et al., ECCV 2022): first the
 * sure ones by overlap with where a track should be; the same across classes, for detectors waver (car, truck); then
 * with both boxes made longer (fast objects at few frames a second; cf. “buffered IoU”, C-BIoU, WACV 2023); last the
 * unsure ones, which only keep a track going that was seen a moment ago.
 */
const rounds = [
  { isSure: true, isSameClass: true, factor: 1, leastOverlap: 0.3 },
  { isSure: true, isSameClass: false, factor: 1, leastOverlap: 0.6 },
  { isSure: true, isSameClass: true, factor: 2, leastOverlap: 0.2 },
  { isSure: false, isSameClass: true, factor: 1, leastOverlap: 0.5 },
] as const
type Round = (typeof rounds)[number]

/** A track without a detection for longer is over; few frames a second stretch it. */
const expirySeconds = 2
const expiryFrames = 2.5
/** The unsure keep a track going for no longer than this after its last sighting, in frames and seconds. */
const freshFrames = 1.5
const freshSeconds = 0.5

/** Joins detections over time. Depends on nothing but the detections and their times, which need not be regular. */
export class Tracker {
  readonly #expirySeconds: number
  readonly #freshSeconds: number
  readonly #sureScore: number
  readonly #over: Track[] = []
  #live: LiveTrack[] = []
  #nextId = 1

  /** Detections below `scoreThreshold` begin no track. */
  constructor({ sampleFps, scoreThreshold }: { sampleFps: number; scoreThreshold: number }) {
    this.#expirySeconds = Math.max(expirySeconds, expiryFrames / sampleFps)
    this.#freshSeconds = Math.max(freshSeconds, freshFrames / sampleFps)
    this.#sureScore = scoreThreshold
  }

  /** Frames come in the order of their times. The order of detections within a frame does not matter. */
  observe({ seconds, detections }: FrameDetections): void {
    this.#expire(seconds)
    let open = sightingsOf(detections)
    let free: readonly LiveTrack[] = this.#live
    for (const round of rounds) {
      const candidates = open.filter((sighting) => this.#isSure(sighting) === round.isSure)
      const tracks = round.isSure
        ? free
        : free.filter(({ lastSeconds }) => seconds - lastSeconds <= this.#freshSeconds)
      const joined = new Set<LiveTrack | Sighting>()
      for (const [track, sighting] of pairUp(seconds, tracks, candidates, round)) {
        track.observe(seconds, sighting, round.isSure)
        joined.add(track).add(sighting)
      }
      open = open.filter((sighting) => !joined.has(sighting))
      free = free.filter((track) => !joined.has(track))
    }
    for (const sighting of open) {
      if (this.#isSure(sighting)) this.#live.push(new LiveTrack(this.#nextId++, seconds, sighting))
    }
  }

  /** All tracks, by id; the tracker begins anew afterwards, with ids going on. */
  finish(): readonly Track[] {
    this.#expire(Infinity)
    return this.#over.splice(0).sort((a, b) => a.id - b.id)
  }

  #isSure({ score }: Sighting): boolean {
    return score >= this.#sureScore
  }

  #expire(seconds: number): void {
    const isOver = (track: LiveTrack): boolean => seconds - track.lastSeconds > this.#expirySeconds
    this.#over.push(...this.#live.filter(isOver).map((track) => track.finish()))
    this.#live = this.#live.filter((track) => !isOver(track))
  }
}

/** The disjoint pairs with the greatest sum of overlaps above the round’s least. */
function pairUp(
  seconds: number,
  tracks: readonly LiveTrack[],
  sightings: readonly Sighting[],
  { isSameClass, factor, leastOverlap }: Round,
): readonly (readonly [LiveTrack, Sighting])[] {
  if (tracks.length === 0 || sightings.length === 0) return []
  const widened = sightings.map(({ box }) => widenBox(box, factor))
  const gains = tracks.map((track) => {
    const predicted = widenBox(track.predict(seconds), factor)
    return sightings.map(({ classId }, index) => {
      if (isSameClass && classId !== track.classId) return 0
      const overlap = boxOverlap(predicted, widened[index] as Sighting['box'])
      return overlap - leastOverlap + 1e-9
    })
  })
  return assign(gains).map(([row, column]) => [tracks[row] as LiveTrack, sightings[column] as Sighting])
}

import type { Box } from '../../domain/index.ts'
import { BoxFilter } from './box-filter.ts'
import type { Sighting } from './sightings.ts'
import { peakOf } from './track.ts'
import type { Track, TrackPoint } from './track.ts'

/** A track that still grows. */
export class LiveTrack {
  readonly id: number
  readonly #filter: BoxFilter
  readonly #path: TrackPoint[]
  readonly #scores: number[]
  readonly #votes = new Map<number, number>()
  #classId: number

  constructor(id: number, seconds: number, sighting: Sighting) {
    const { score, box, classId } = sighting
    this.id = id
    this.#filter = new BoxFilter(box)
    this.#path = [pointOf(seconds, sighting)]
    this.#scores = [score]
    this.#classId = classId
    this.#vote(sighting)
  }

  /** What the object was mostly taken for until now. */
  get classId(): number {
    return this.#classId
  }

  get lastSeconds(): number {
    return this.#path.at(-1)?.seconds ?? 0
  }

  /** Where the object should be at that time. */
  predict(seconds: number): Box {
    return this.#filter.ahead(seconds - this.lastSeconds)
  }

  /** An unsure sighting leads the track on but says nothing of its score. */
  observe(seconds: number, sighting: Sighting, isSure: boolean): void {
    this.#filter.observe(seconds - this.lastSeconds, sighting.box)
    this.#path.push(pointOf(seconds, sighting))
    if (isSure) this.#scores.push(sighting.score)
    this.#vote(sighting)
  }

  finish(): Track {
    const peak = peakOf(this.#path)
    return {
      id: this.id,
      classId: this.#classId,
      firstSeconds: this.#path[0]?.seconds ?? 0,
      lastSeconds: this.lastSeconds,
      scores: this.#scores,
      peakScore: peak.score,
      peakSeconds: peak.seconds,
      peakBox: peak.box,
      path: this.#path,
    }
  }

  /** Each class gets the scores of its detections; of equals the lower id. */
  #vote({ votes }: Sighting): void {
    for (const { classId, score } of votes) {
      this.#votes.set(classId, (this.#votes.get(classId) ?? 0) + score)
    }
    for (const [classId, sum] of this.#votes) {
      const best = this.#votes.get(this.#classId) ?? 0
      if (sum > best || (sum === best && classId < this.#classId)) this.#classId = classId
    }
  }
}

function pointOf(seconds: number, { score, box, label }: Sighting): TrackPoint {
  return { seconds, score, box, ...(label === undefined ? {} : { label }) }
}

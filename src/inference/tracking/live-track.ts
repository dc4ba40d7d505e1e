import type { Box } from '../../domain/index.ts'
import type { Detection } from '../detector/index.ts'
import type { Track } from './track.ts'

/** How much a new observation moves the estimated velocity. */
const velocityGain = 0.5
/** A prediction is not stretched further than this: after that an object is as likely to have turned. */
const longestPredictionSeconds = 1

/** A track that still grows, with a constant-velocity estimate of where its object goes. */
export class LiveTrack {
  readonly id: number
  readonly classId: number
  readonly #firstSeconds: number
  readonly #scores: number[] = []
  #lastSeconds: number
  #box: Box
  #velocity: Box = [0, 0, 0, 0]
  #peak: { score: number; seconds: number; box: Box }

  constructor(id: number, seconds: number, { classId, score, box }: Detection) {
    this.id = id
    this.classId = classId
    this.#firstSeconds = seconds
    this.#lastSeconds = seconds
    this.#box = box
    this.#scores.push(score)
    this.#peak = { score, seconds, box }
  }

  get lastSeconds(): number {
    return this.#lastSeconds
  }

  /** Where the object should be at that time; sizes stay positive. */
  predict(seconds: number): Box {
    const ahead = Math.min(seconds - this.#lastSeconds, longestPredictionSeconds)
    const at = (index: 0 | 1 | 2 | 3): number => this.#box[index] + this.#velocity[index] * ahead
    return [at(0), at(1), Math.max(at(2), this.#box[2] / 2), Math.max(at(3), this.#box[3] / 2)]
  }

  observe(seconds: number, { score, box }: Detection): void {
    const elapsed = seconds - this.#lastSeconds
    if (elapsed > 0) {
      const gain = this.#scores.length === 1 ? 1 : velocityGain
      const moved = (index: 0 | 1 | 2 | 3): number =>
        this.#velocity[index] + gain * ((box[index] - this.#box[index]) / elapsed - this.#velocity[index])
      this.#velocity = [moved(0), moved(1), moved(2), moved(3)]
    }
    this.#lastSeconds = seconds
    this.#box = box
    this.#scores.push(score)
    if (score > this.#peak.score) this.#peak = { score, seconds, box }
  }

  finish(): Track {
    return {
      id: this.id,
      classId: this.classId,
      firstSeconds: this.#firstSeconds,
      lastSeconds: this.#lastSeconds,
      scores: this.#scores,
      peakScore: this.#peak.score,
      peakSeconds: this.#peak.seconds,
      peakBox: this.#peak.box,
    }
  }
}

import type { SampledFrame } from '../../media/index.ts'
import type { Detection, FrameDetections, OpenDetector } from '../detector/index.ts'
import { showTheSame } from './agreement.ts'
import { brightnessOf, changeBetween } from './motion-gate.ts'
import type { Brightness, Change } from './motion-gate.ts'
import type { FrameShape } from '../../media/index.ts'

/** Seconds after which an unchanged picture is looked at again all the same. */
const idleSeconds = 5
const heldSeconds = 1
const epsilonSeconds = 1e-6

export interface HoldInit {
  readonly shape: FrameShape
  /**
   * While something moves a frame is looked at this often: an object that is there for as long is met. Between two that
   * show the same objects nothing is looked at; between others the middle, until neighbours agree or touch.
   */
  readonly movingSeconds: number
  /** Detections that matter for what is an event. */
  readonly isRelevant: (detection: Detection) => boolean
  /** Also look at the frames that need no look, for those who paint what is in each. */
  readonly seesAll: boolean
  /** The score from which on an object that is missing in the next frame is looked for between the two. */
  readonly leadScore: number
}

/** How frames were dealt with. */
export interface HoldCounts {
  /** Frames that the model saw. */
  analysed: number
  /** Frames that did not differ from one that the model saw. */
  unchanged: number
  /** Frames between two that show the same objects. */
  agreed: number
  /** Frames that showed another scene than the one before: cuts, lights, a camera that moves. */
  sceneChanges: number
}

/** An answer; one that `isExtra` was not needed to tell what is there. */
export interface HoldAnswer extends FrameDetections {
  readonly isExtra: boolean
}

/** A frame that the model answered for, or one that looks the same. */
interface Known {
  readonly seconds: number
  readonly detections: readonly Detection[]
}

interface Pending {
  readonly frame: SampledFrame
  readonly brightness: Brightness
  readonly change: Change
}

/**
 * Looks at as few frames as will tell the same objects. A frame that does not differ from the last that the model saw is
 * answered with its detections; so the picture is compared with what was seen, not with the frame before, and slow
 * changes add up until they count. One walk over the frames of one chunk, in the order of time.
 */
export class Hold {
  readonly counts: HoldCounts = { analysed: 0, unchanged: 0, agreed: 0, sceneChanges: 0 }
  readonly #init: HoldInit
  readonly #detector: OpenDetector
  /** The last frame that the model saw. */
  #seen: (Known & { readonly brightness: Brightness }) | undefined
  /** The last frame that is known, seen or unchanged. */
  #known: Known | undefined
  /** Frames since then that do differ. */
  #pending: Pending[] = []

  constructor(init: HoldInit, detector: OpenDetector) {
    this.#init = init
    this.#detector = detector
  }

  /** Answers, in the order of time, for the frames that were looked at and the last of each unchanged stretch. */
  async *walk(frames: AsyncIterable<SampledFrame>): AsyncGenerator<HoldAnswer, void, undefined> {
    for await (const frame of frames) {
      const brightness = brightnessOf(frame.data, this.#init.shape)
      const change = this.#seen === undefined ? 'scene' : changeBetween(this.#seen.brightness, brightness)
      if (change === 'none' && this.#pending.length === 0 && !this.#isStale(frame.seconds)) {
        this.counts.unchanged++
        const { seconds, index } = frame
        this.#known = { seconds, detections: this.#seen?.detections ?? [] }
        if (this.#init.seesAll) yield { index, ...this.#known, isExtra: true }
        continue
      }
      this.#pending.push({ frame, brightness, change })
      const since = this.#known?.seconds ?? -Infinity
      const isDue = frame.seconds - since >= this.#init.movingSeconds - epsilonSeconds
      if (isDue || this.#isStale(frame.seconds)) yield* this.#look()
    }
    // the end is looked at, so that the next chunk goes on from there
    if (this.#pending.length > 0) yield* this.#look()
    else yield* this.#lastKnown()
  }

  #isStale(seconds: number): boolean {
    if (this.#seen === undefined) return true
    const limit = this.#hasObjects(this.#seen.detections) ? heldSeconds : idleSeconds
    return seconds - this.#seen.seconds >= limit - epsilonSeconds
  }

  #hasObjects(detections: readonly Detection[]): boolean {
    const { isRelevant, leadScore } = this.#init
    return detections.some((detection) => isRelevant(detection) && detection.score >= leadScore)
  }

  /** Looks at the last pending frame, and between it and what is known as far as the two disagree. */
  async *#look(): AsyncGenerator<HoldAnswer, void, undefined> {
    const pending = this.#pending
    this.#pending = []
    const last = pending.pop()
    if (last === undefined) return
    this.counts.sceneChanges += pending.some(isScene) || isScene(last) ? 1 : 0
    const before = this.#known
    yield* this.#lastKnown()
    const after = await this.#detect(last.frame)
    if (before !== undefined) yield* this.#between(before, pending, after)
    yield { index: last.frame.index, ...after, isExtra: false }
    this.#seen = { ...after, brightness: last.brightness }
    this.#known = after
  }

  /** The end of an unchanged stretch: there, objects were still where they had been seen. */
  *#lastKnown(): Generator<HoldAnswer, void, undefined> {
    if (this.#known === undefined || this.#known.seconds === this.#seen?.seconds) return
    yield { index: -1, ...this.#known, isExtra: false }
  }

  async *#between(
    before: Known,
    frames: readonly Pending[],
    after: Known,
  ): AsyncGenerator<HoldAnswer, void, undefined> {
    const { isRelevant, leadScore } = this.#init
    const [a, b] = [before, after].map(({ detections }) => detections.filter(isRelevant))
    const middle = frames[frames.length >> 1]
    if (middle === undefined) return
    if (showTheSame(a ?? [], b ?? [], leadScore)) {
      yield* this.#passOver(frames)
      return
    }
    const found = await this.#detect(middle.frame)
    yield* this.#between(before, frames.slice(0, frames.length >> 1), found)
    yield { index: middle.frame.index, ...found, isExtra: false }
    yield* this.#between(found, frames.slice((frames.length >> 1) + 1), after)
  }

  async *#passOver(frames: readonly Pending[]): AsyncGenerator<HoldAnswer, void, undefined> {
    if (!this.#init.seesAll) this.counts.agreed += frames.length
    else
      for (const { frame } of frames)
        yield { index: frame.index, ...(await this.#detect(frame)), isExtra: true }
  }

  async #detect(frame: SampledFrame): Promise<Known> {
    this.counts.analysed++
    const { seconds } = frame
    const { detections } = await this.#detector.detect(frame)
    return { seconds, detections }
  }
}

function isScene({ change }: Pending): boolean {
  return change === 'scene'
}

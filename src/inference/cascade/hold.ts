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
  /** Looks that may go on while later frames are taken; 0 where none does better for company. */
  readonly ahead: number
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

/** A frame that the model answers for, or one that looks the same. */
interface Known {
  readonly seconds: number
  readonly detections: Promise<readonly Detection[]>
}

interface Pending {
  readonly frame: SampledFrame
  readonly brightness: Brightness
  readonly change: Change
}

/** What is to be told next, as soon as it is known. */
interface Telling {
  readonly answers: Promise<readonly HoldAnswer[]>
  /** How many frames are kept for it. */
  readonly frames: number
}

/** A look keeps the frames before it, for as long as it may have to look at them too. */
const framesPerLook = 4

/**
 * Looks at as few frames as will tell the same objects. A frame that does not differ from the last that the model saw is
 * answered with its detections; so the picture is compared with what was seen, not with the frame before, and slow
 * changes add up until they count. One walk over the frames of one chunk, in the order of time. Which frames are looked at
 * does not depend on how many looks go on at once.
 */
export class Hold {
  readonly counts: HoldCounts = { analysed: 0, unchanged: 0, agreed: 0, sceneChanges: 0 }
  readonly #init: HoldInit
  readonly #detector: Pick<OpenDetector, 'detect'>
  /** The last frame that the model saw. */
  #seen: (Known & { readonly brightness: Brightness }) | undefined
  /** The last frame that is known, seen or unchanged. */
  #known: Known | undefined
  /** Frames since then that do differ. */
  #pending: Pending[] = []
  #tellings: Telling[] = []

  constructor(init: HoldInit, detector: Pick<OpenDetector, 'detect'>) {
    this.#init = init
    this.#detector = detector
  }

  /** Answers, in the order of time, for the frames that were looked at and the last of each unchanged stretch. */
  async *walk(frames: AsyncIterable<SampledFrame>): AsyncGenerator<HoldAnswer, void, undefined> {
    for await (const frame of frames) {
      const brightness = brightnessOf(frame.data, this.#init.shape)
      const change = this.#seen === undefined ? 'scene' : changeBetween(this.#seen.brightness, brightness)
      if (change === 'none' && this.#pending.length === 0 && !(await this.#isStale(frame.seconds))) {
        this.#passUnchanged(frame)
        yield* this.#tell(this.#init.ahead)
        continue
      }
      this.#pending.push({ frame, brightness, change })
      const since = this.#known?.seconds ?? -Infinity
      const isDue = frame.seconds - since >= this.#init.movingSeconds - epsilonSeconds
      if (isDue || (await this.#isStale(frame.seconds))) this.#look()
      yield* this.#tell(this.#init.ahead)
    }
    // the end is looked at, so that the next chunk goes on from there
    if (this.#pending.length > 0) this.#look()
    else this.#tellLastKnown()
    yield* this.#tell(0)
  }

  #passUnchanged({ seconds, index }: SampledFrame): void {
    this.counts.unchanged++
    this.#known = { seconds, detections: this.#seen?.detections ?? Promise.resolve([]) }
    if (this.#init.seesAll) this.#queue(answerOf(index, this.#known, true))
  }

  async #isStale(seconds: number): Promise<boolean> {
    if (this.#seen === undefined) return true
    const age = seconds - this.#seen.seconds
    if (age < heldSeconds - epsilonSeconds) return false
    const limit = this.#hasObjects(await this.#seen.detections) ? heldSeconds : idleSeconds
    return age >= limit - epsilonSeconds
  }

  #hasObjects(detections: readonly Detection[]): boolean {
    const { isRelevant, leadScore } = this.#init
    return detections.some((detection) => isRelevant(detection) && detection.score >= leadScore)
  }

  /** Looks at the last pending frame, and between it and what is known as far as the two disagree. */
  #look(): void {
    const pending = this.#pending
    this.#pending = []
    const last = pending.pop()
    if (last === undefined) return
    this.counts.sceneChanges += pending.some(isScene) || isScene(last) ? 1 : 0
    const before = this.#known
    this.#tellLastKnown()
    const after = this.#detect(last.frame)
    const answers = Promise.all([
      before === undefined ? [] : this.#between(before, pending, after),
      answerOf(last.frame.index, after, false),
    ])
    this.#queue(
      answers.then((parts) => parts.flat()),
      pending.length + 1,
    )
    this.#seen = { ...after, brightness: last.brightness }
    this.#known = after
  }

  /** The end of an unchanged stretch: there, objects were still where they had been seen. */
  #tellLastKnown(): void {
    if (this.#known === undefined || this.#known.seconds === this.#seen?.seconds) return
    this.#queue(answerOf(-1, this.#known, false))
  }

  async #between(before: Known, frames: readonly Pending[], after: Known): Promise<readonly HoldAnswer[]> {
    const middle = frames.length >> 1
    const frame = frames[middle]?.frame
    if (frame === undefined) return []
    const { isRelevant, leadScore } = this.#init
    const ends = await Promise.all([before.detections, after.detections])
    const [a = [], b = []] = ends.map((detections) => detections.filter(isRelevant))
    if (showTheSame(a, b, leadScore)) return this.#passOver(frames)
    const found = this.#detect(frame)
    const earlier = this.#between(before, frames.slice(0, middle), found)
    // one at a time frames are asked in an order that no timing changes, which a second look depends on
    if (this.#init.ahead === 0) await earlier
    const later = this.#between(found, frames.slice(middle + 1), after)
    return (await Promise.all([earlier, answerOf(frame.index, found, false), later])).flat()
  }

  async #passOver(frames: readonly Pending[]): Promise<readonly HoldAnswer[]> {
    if (!this.#init.seesAll) {
      this.counts.agreed += frames.length
      return []
    }
    const answers = frames.map(({ frame }) => answerOf(frame.index, this.#detect(frame), true))
    return (await Promise.all(answers)).flat()
  }

  #detect(frame: SampledFrame): Known {
    this.counts.analysed++
    const detections = this.#detector.detect(frame).then((answer) => answer.detections)
    // Told where it is waited for; a walk that is left waits for nothing.
    detections.catch(() => undefined)
    return { seconds: frame.seconds, detections }
  }

  #queue(answers: Promise<readonly HoldAnswer[]>, frames = 0): void {
    answers.catch(() => undefined)
    this.#tellings.push({ answers, frames })
  }

  /** Tells what is to be told until no more than so many looks are under way, nor too many frames kept for them. */
  async *#tell(looks: number): AsyncGenerator<HoldAnswer, void, undefined> {
    const isDue = ({ frames: first }: Telling): boolean => {
      const kept = this.#tellings.filter(({ frames }) => frames > 0)
      const frames = kept.reduce((sum, telling) => sum + telling.frames, 0)
      return first === 0 || kept.length > looks || frames > looks * framesPerLook
    }
    for (let first = this.#tellings[0]; first !== undefined && isDue(first); first = this.#tellings[0]) {
      this.#tellings.shift()
      yield* await first.answers
    }
  }
}

async function answerOf(
  index: number,
  { seconds, detections }: Known,
  isExtra: boolean,
): Promise<readonly HoldAnswer[]> {
  return [{ index, seconds, detections: await detections, isExtra }]
}

function isScene({ change }: Pending): boolean {
  return change === 'scene'
}

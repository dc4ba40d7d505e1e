import type { Detection } from '../detector/index.ts'
import { boxOverlap, widenBox } from '../tracking/index.ts'

/** Boxes twice as long in both directions that overlap so much are one object at two times (as the tracker’s third round). */
const widening = 2
const leastOverlap = 0.2

/** From one look at an object to the next: so long after the first, twice as long after each further one. */
const firstStepSeconds = 1
/** An object that is surer by this than whenever it was looked at is looked at again: that is where its peak will be. */
const surerBy = 0.1
/** One that is surer by this is looked at whenever the look before was: its peak may be over in a moment. */
const muchSurerBy = 0.2

const epsilonSeconds = 1e-6

/** An object as it was last seen, and when it was looked at. */
interface Known {
  readonly isWanted: boolean
  box: Detection['box']
  seenSeconds: number
  looks: number
  lookedSeconds: number
  /** The highest score in a frame that was looked at. */
  lookedScore: number
}

/** An object of a frame. What is wanted and what may only be called so are two objects, since they are two tracks. */
export interface Looked extends Pick<Detection, 'box' | 'score'> {
  readonly isWanted: boolean
}

export interface LookScheduleInit {
  /** What was not seen for so long is a new object when it comes back. */
  readonly forgetSeconds: number
  /** The least from one look to the next. */
  readonly spacingSeconds: number
}

/**
 * Decides which frames are looked at again, for objects as they come: when one is first seen, when it is clearly surer than
 * it was, and 1, 2, 4, 8... seconds after the look before. So an object costs a number of looks that grows with the
 * logarithm of its time; and since looks keep their distance, many objects cost no more than a frame every `spacingSeconds`, and
 * what stays for as long is met by one all the same. Decided by what the first model found alone, frame by frame in
 * the order they come, which need not be that of time.
 */
export class LookSchedule {
  readonly #init: LookScheduleInit
  #known: Known[] = []
  #lookedSeconds = -Infinity

  constructor(init: LookScheduleInit) {
    this.#init = init
  }

  /** Whether a frame with these objects is due; it then counts as looked at. */
  isDue(seconds: number, objects: readonly Looked[]): boolean {
    this.#known = this.#known.filter(
      ({ seenSeconds }) => Math.abs(seconds - seenSeconds) <= this.#init.forgetSeconds + epsilonSeconds,
    )
    const seen = objects.map((object) => ({ score: object.score, known: this.#find(seconds, object) }))
    const distance = Math.abs(seconds - this.#lookedSeconds)
    const isFarEnough = distance >= this.#init.spacingSeconds - epsilonSeconds
    const isDue = seen.some(({ known, score }) =>
      isFarEnough ? isObjectDue(known, seconds, score) : isPeaking(known, score),
    )
    if (isDue) {
      this.#lookedSeconds = seconds
      for (const { known, score } of seen) {
        known.looks++
        known.lookedSeconds = seconds
        known.lookedScore = Math.max(known.lookedScore, score)
      }
    }
    return isDue
  }

  /** The object that is nearest to the box and not in this frame yet, or a new one. */
  #find(seconds: number, { box, isWanted }: Looked): Known {
    const wide = widenBox(box, widening)
    let best: Known | undefined
    let most = leastOverlap
    for (const known of this.#known) {
      if (known.isWanted !== isWanted || known.seenSeconds === seconds) continue
      const overlap = boxOverlap(widenBox(known.box, widening), wide)
      if (overlap >= most) [best, most] = [known, overlap]
    }
    if (best === undefined) {
      best = { isWanted, box, seenSeconds: seconds, looks: 0, lookedSeconds: -Infinity, lookedScore: 0 }
      this.#known.push(best)
    }
    best.box = box
    best.seenSeconds = seconds
    return best
  }
}

function isObjectDue({ looks, lookedSeconds, lookedScore }: Known, seconds: number, score: number): boolean {
  if (looks === 0 || score >= lookedScore + surerBy) return true
  return Math.abs(seconds - lookedSeconds) >= firstStepSeconds * 2 ** (looks - 1) - epsilonSeconds
}

function isPeaking({ looks, lookedScore }: Known, score: number): boolean {
  return looks > 0 && score >= lookedScore + muchSurerBy
}

import type { SampledFrame } from '../../media/index.ts'
import type { Detection, FrameDetections, Label, OpenDetector } from '../detector/index.ts'
import { boxOverlap, sightingsOf } from '../tracking/index.ts'
import { LookSchedule } from './look-schedule.ts'
import type { LookScheduleInit } from './look-schedule.ts'

export interface SecondLookInit extends LookScheduleInit {
  /** Finds the objects. */
  readonly first: OpenDetector
  /** Says what they are. */
  readonly second: OpenDetector
  /** Objects that may become events, whatever class they are taken for. */
  readonly isRelevant: (detection: Detection) => boolean
  /** What the policy wants: that is what `second` is first asked for. */
  readonly isWanted: (detection: Detection) => boolean
  /** Objects below are not looked at a second time. */
  readonly leastScore: number
}

/** Boxes of two models that overlap so much are of one object. */
const leastOverlap = 0.5

/**
 * A detector that answers with what `first` finds, and in the frames that are due (`LookSchedule`) with a label on each
 * object: what `second` takes it for, or null where it sees nothing there. Frames are decided on in the order in which they are asked.
 */
export class SecondLook implements OpenDetector {
  /** Frames that `second` saw. */
  looks = 0
  /** Which frames are due depends on those before, so they are asked one by one. */
  readonly batch = 1
  readonly #init: SecondLookInit
  readonly #schedule: LookSchedule
  #before: Promise<unknown> = Promise.resolve()

  constructor(init: SecondLookInit) {
    this.#init = init
    this.#schedule = new LookSchedule(init)
  }

  async detect(frame: SampledFrame): Promise<FrameDetections> {
    const { first, second } = this.#init
    // `first` takes the frame’s buffer away
    const copy = { ...frame, data: frame.data.slice() }
    const found = first.detect(frame)
    const isDue = this.#decide(found)
    this.#before = isDue.catch(() => undefined)
    if (!(await isDue)) return found
    this.looks++
    const { detections } = await second.detect(copy)
    const answer = await found
    return { ...answer, detections: labelled(answer.detections, detections, this.#init) }
  }

  /** Both belong to whoever opened them. */
  close(): void {
    this.#before = Promise.resolve()
  }

  async #decide(found: Promise<FrameDetections>): Promise<boolean> {
    const before = this.#before
    const { seconds, detections } = await found
    await before
    const { isWanted, leastScore } = this.#init
    const objects = apart(detections, this.#init).flatMap((group) =>
      sightingsOf(group.filter(({ score }) => score >= leastScore)),
    )
    const looked = objects.map((object) => ({ ...object, isWanted: isWanted(object) }))
    return this.#schedule.isDue(seconds, looked)
  }
}

type Matching = Pick<SecondLookInit, 'isRelevant' | 'isWanted'>

/** The wanted ones, and the others that are relevant. */
function apart(detections: readonly Detection[], { isRelevant, isWanted }: Matching): readonly Detection[][] {
  const others = detections.filter((each) => isRelevant(each) && !isWanted(each))
  return [detections.filter(isWanted), others]
}

/**
 * Each object of the first with the one of the second that overlaps it most, a wanted one if there is one, else any. What the
 * first takes for something wanted is by itself, as if nothing else had been looked for.
 */
function labelled(
  first: readonly Detection[],
  second: readonly Detection[],
  { isRelevant, isWanted }: Matching,
): readonly Detection[] {
  const candidates = apart(second, { isWanted, isRelevant: () => true }).map(sightingsOf)
  const labels = new Map<Detection['box'], Label | null>()
  for (const objects of apart(first, { isRelevant, isWanted })) {
    const open = new Set<Detection>(sightingsOf(objects))
    for (const { box } of open) labels.set(box, null)
    for (const others of candidates) {
      for (const [object, { classId, score }] of pairUp([...open], others)) {
        labels.set(object.box, { classId, score })
        open.delete(object)
      }
    }
  }
  return first.map((detection) => {
    const label = labels.get(detection.box)
    return label === undefined ? detection : { ...detection, label }
  })
}

/** Disjoint pairs, the greatest overlap first. */
function pairUp(
  objects: readonly Detection[],
  candidates: readonly Detection[],
): readonly (readonly [Detection, Detection])[] {
  const pairs = objects
    .flatMap((object) =>
      candidates.map((other) => ({ object, other, overlap: boxOverlap(object.box, other.box) })),
    )
    .filter(({ overlap }) => overlap >= leastOverlap)
    .sort((a, b) => b.overlap - a.overlap)
  const taken = new Set<Detection>()
  return pairs.flatMap(({ object, other }) => {
    if (taken.has(object) || taken.has(other)) return []
    taken.add(object).add(other)
    return [[object, other] as const]
  })
}

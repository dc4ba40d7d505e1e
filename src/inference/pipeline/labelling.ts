import type { VideoInfo } from '../../media/index.ts'
import type { CascadePlan } from '../cascade/index.ts'
import { createDetector } from '../detector/index.ts'
import type { Detection, Detector, DetectorInit, FrameDetections } from '../detector/index.ts'
import type { Model } from '../model/index.ts'
import { labelTracks, similarClassIds } from '../second-look/index.ts'
import type { LabelCounts, SecondLookInit } from '../second-look/index.ts'
import { Tracker, stitchTracks } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import { labelsMatter, precisionFor, wantedClassIds } from './analysis.ts'
import type { Analysis } from './analysis.ts'

/** Objects whose score is this far below the policy’s may reach it in float. */
const unsureBy = 0.1
/** As the tracker: what is out of sight for longer is another object. */
const forgetSeconds = 2
const forgetFrames = 2.5

/** The float model for what the detector finds in int8; undefined where that does not happen, or is not asked what it is. */
export async function openLabeller(
  init: DetectorInit & { readonly model: Model },
  detector: Detector,
  settings: Analysis['settings'],
): Promise<Detector | undefined> {
  const { model } = init
  if (detector.provider.name !== 'cpu' || !labelsMatter(model, settings)) return undefined
  const float: Model = { ...model, graphFor: (shape) => model.graphFor(shape, { isFloat: true }) }
  const filter = { ...init.filter, classIds: undefined }
  // One session: it has little to do, and each holds the weights.
  return createDetector({ ...init, model: float, filter, provider: 'cpu', threads: 1 })
}

type Second = Omit<SecondLookInit, 'first' | 'second'> & { readonly detector: Detector }

/** How the objects of one file are labelled; undefined where the detector is as good. */
export function secondLookFor(
  { labeller, model, detector, settings }: Pick<Analysis, 'labeller' | 'model' | 'detector' | 'settings'>,
  about: {
    readonly video: VideoInfo
    readonly plan: CascadePlan
    /** What is there for as long is to be met. */
    readonly movingSeconds: number
  },
): Second | undefined {
  if (labeller === undefined || precisionFor(model, detector.provider, about.video) !== 'int8')
    return undefined
  const { policy, scoreThreshold } = settings
  const wanted = wantedClassIds(policy.classes, model)
  return {
    detector: labeller,
    isWanted: within(wanted),
    isRelevant: within(similarClassIds(wanted, model.classes)),
    leastScore: Math.max(scoreThreshold, policy.minScore - unsureBy),
    forgetSeconds: Math.max(forgetSeconds, forgetFrames * about.plan.stepSeconds),
    spacingSeconds: about.movingSeconds,
  }
}

/** Whether a detection is of one of these classes; of any when undefined. */
export function within(classIds: readonly number[] | undefined): (detection: Detection) => boolean {
  return ({ classId }) => classIds?.includes(classId) !== false
}

/**
 * Follows what is wanted and, apart from it, what may only be called something else: so what is wanted is found as it is
 * where nothing else is looked for.
 */
export class TrackersApart {
  readonly #isWanted: (detection: Detection) => boolean
  readonly #wanted: Tracker
  readonly #others: Tracker

  constructor(init: ConstructorParameters<typeof Tracker>[0], isWanted: (detection: Detection) => boolean) {
    this.#isWanted = isWanted
    this.#wanted = new Tracker(init)
    this.#others = new Tracker(init)
  }

  observe(frame: FrameDetections): void {
    const { detections } = frame
    this.#wanted.observe({ ...frame, detections: detections.filter(this.#isWanted) })
    this.#others.observe({ ...frame, detections: detections.filter((each) => !this.#isWanted(each)) })
  }

  /** The others have the ids after those of the wanted. */
  finish(): readonly Track[] {
    const wanted = this.#wanted.finish()
    const most = wanted.at(-1)?.id ?? 0
    return [...wanted, ...this.#others.finish().map((track) => ({ ...track, id: track.id + most }))]
  }
}

/** Tracks of one object as one, and called what the labels say. */
export function joinAndLabel(
  tracks: readonly Track[],
  { policy, scoreThreshold }: Analysis['settings'],
): { readonly tracks: readonly Track[]; readonly counts: LabelCounts } {
  const stitching = { gapSeconds: policy.endHysteresisSeconds }
  const labelled = labelTracks(stitchTracks(tracks, stitching), { sureScore: scoreThreshold })
  // What was called two things may have one name now.
  if (labelled.counts.relabelled === 0) return labelled
  return { ...labelled, tracks: stitchTracks(labelled.tracks, stitching) }
}

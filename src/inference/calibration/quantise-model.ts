import { EdgeError } from '../../domain/index.ts'
import type { FrameShape, MediaTools } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { createDetector } from '../detector/index.ts'
import type { Detection, Detector } from '../detector/index.ts'
import type { Model } from '../model/index.ts'
import { median } from '../tracking/index.ts'
import type { ActivationRanges } from '../quantise/index.ts'
import { compareDetections } from './agreement.ts'
import type { Agreement } from './agreement.ts'
import { keepRanges, knownRanges } from './kept-ranges.ts'
import { observeFrames } from './observe-frames.ts'
import { sampleFootage } from './sample-footage.ts'
import type { FootageFrame, ProbedVideo } from './sample-footage.ts'

export interface QuantiseInit extends Abortable {
  readonly model: Model
  readonly tools: MediaTools
  readonly videos: readonly ProbedVideo[]
  /** For each frame shape; one half shows the ranges, the other is for the comparison. */
  readonly frames: number
  /** Where accepted ranges are kept. */
  readonly rangesDir: string
  readonly onStep?: (what: string) => void
}

/** What came of one frame shape. */
export interface QuantisedShape {
  readonly width: number
  readonly height: number
  readonly videos: number
  readonly calibrationFrames: number
  readonly agreement: Agreement
  /** Median of one frame on one thread, measured in turns. */
  readonly floatMs: number
  readonly int8Ms: number
  /** What is not good enough; accepted when empty. */
  readonly objections: readonly string[]
  /** Where the ranges are kept, when accepted. */
  readonly file: string | null
}

/**
 * What int8 must reach on frames that its ranges do not come from. Boxes near the score threshold come and go with the
 * last digit, in float as well when the footage is encoded again, so all cannot be asked for: of ten boxes nine must be
 * there, none of ten made up, and scores within a twentieth. A dozen boxes at least, for fewer prove nothing.
 */
const acceptance = { recall: 0.9, precision: 0.9, scoreDifference: 0.05, boxes: 12 } as const

const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }

/**
 * Quantises a model for each shape of frame that the videos have, compares it with float, and keeps the ranges of those
 * that are accepted. Throws `not_supported` for models whose graph is not written here, and `media_unreadable` when no
 * frame could be decoded.
 */
export async function quantiseModel(init: QuantiseInit): Promise<readonly QuantisedShape[]> {
  const { model, videos } = init
  const groups = new Map<string, { shape: FrameShape; videos: ProbedVideo[] }>()
  for (const probed of videos) {
    const shape = model.shapeFor(probed.video)
    const key = `${shape.width}x${shape.height}`
    const group = groups.get(key) ?? { shape, videos: [] }
    group.videos.push(probed)
    groups.set(key, group)
  }
  const results: QuantisedShape[] = []
  for (const { shape, videos: ofShape } of groups.values())
    results.push(await quantiseShape(init, shape, ofShape))
  return results
}

async function quantiseShape(
  { model, tools, frames: count, rangesDir, onStep, signal }: QuantiseInit,
  shape: FrameShape,
  videos: readonly ProbedVideo[],
): Promise<QuantisedShape> {
  const { quantising } = model
  const { width, height } = shape
  const name = `${width}x${height}`
  if (quantising === undefined)
    throw new EdgeError('not_supported', `${model.path} cannot be quantised: only checkpoints (.pt) can`)
  const frames: FootageFrame[] = []
  for await (const frame of sampleFootage(tools, videos, { count, shape, signal })) {
    frames.push(frame)
    onStep?.(`${name}  frame ${frames.length} of ${count}`)
  }
  if (frames.length < 2)
    throw new EdgeError('media_unreadable', `no two frames of ${name} could be decoded to calibrate with`)
  const shown = frames.filter((_, index) => index % 2 === 0).map(({ data }) => data)
  const heldOut = frames.filter((_, index) => index % 2 === 1)
  onStep?.(`${name}  ranges of ${shown.length} frames`)
  const ranges = await observeFrames(quantising, shape, shown, { signal })
  onStep?.(`${name}  comparing ${heldOut.length} frames`)
  const compared = await compareModels(model, { shape, ranges, heldOut, signal })
  const objections = objectionsTo(compared)
  const { agreement } = compared
  const file = objections.length > 0 ? null : await keepRanges(rangesDir, model, { shape, ranges, agreement })
  return {
    ...{ width, height, videos: videos.length, calibrationFrames: shown.length },
    ...compared,
    ...{ objections, file },
  }
}

type Compared = Pick<QuantisedShape, 'agreement' | 'floatMs' | 'int8Ms'>

/** Runs both on the same frames in turns, so that what else the machine does hits both alike. */
async function compareModels(
  model: Model,
  of: {
    readonly shape: FrameShape
    readonly ranges: ActivationRanges
    readonly heldOut: readonly FootageFrame[]
  } & Abortable,
): Promise<Compared> {
  const { shape, ranges, heldOut, signal } = of
  const known = knownRanges(shape, ranges)
  const int8 = { ...model, ...model.quantising?.apply(known) }
  const detectors: Detector[] = []
  try {
    for (const each of [model, int8])
      detectors.push(await createDetector({ model: each, filter, provider: 'cpu', threads: 1 }))
    const times: number[][] = [[], []]
    const answers: { float: readonly Detection[]; int8: readonly Detection[] }[] = []
    for (const [index, frame] of heldOut.entries()) {
      signal?.throwIfAborted()
      const pair: (readonly Detection[])[] = []
      for (const [which, detector] of detectors.entries()) {
        const opened = await detector.open(frame.size)
        const data = Uint8Array.from(frame.data)
        const startedAt = performance.now()
        pair.push((await opened.detect({ index, seconds: 0, data })).detections)
        // The first frame warms up.
        if (index > 0 || heldOut.length === 1) times[which]?.push(performance.now() - startedAt)
        opened.close()
      }
      answers.push({ float: pair[0] ?? [], int8: pair[1] ?? [] })
    }
    const [floatMs = 0, int8Ms = 0] = times.map((all) => median(all))
    return { agreement: compareDetections(answers), floatMs, int8Ms }
  } finally {
    for (const detector of detectors) await detector.close()
  }
}

function objectionsTo({ agreement, floatMs, int8Ms }: Compared): readonly string[] {
  const { recall, precision, scoreDifference, floatBoxes } = agreement
  const objections: string[] = []
  if (floatBoxes < acceptance.boxes)
    objections.push(
      `float finds ${floatBoxes} boxes in the frames held out, fewer than ${acceptance.boxes}: footage with more objects, or more --frames, is needed`,
    )
  if (recall !== null && recall < acceptance.recall)
    objections.push(`recall ${recall.toFixed(3)} is below ${acceptance.recall}`)
  if (precision !== null && precision < acceptance.precision)
    objections.push(`precision ${precision.toFixed(3)} is below ${acceptance.precision}`)
  if (scoreDifference !== null && scoreDifference > acceptance.scoreDifference)
    objections.push(`scores differ by ${scoreDifference.toFixed(3)}, more than ${acceptance.scoreDifference}`)
  if (int8Ms >= floatMs)
    objections.push(`int8 takes ${int8Ms.toFixed(1)} ms a frame and float ${floatMs.toFixed(1)}`)
  return objections
}

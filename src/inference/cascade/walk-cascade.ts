import { sampleFrames } from '../../media/index.ts'
import type { DecodeSummary, FrameShape, MediaTools, SampledFrame, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import type { Detection, Detector, FrameDetections, OpenDetector } from '../detector/index.ts'
import { SecondLook } from '../second-look/index.ts'
import type { SecondLookInit } from '../second-look/index.ts'
import { Hold } from './hold.ts'
import type { HoldAnswer, HoldCounts } from './hold.ts'
import { inLanes } from './lanes.ts'
import type { CascadePlan, Chunk } from './plan.ts'

export interface CascadeInit extends Abortable {
  readonly tools: MediaTools
  readonly path: string
  readonly video: VideoInfo
  readonly shape: FrameShape
  readonly plan: CascadePlan
  readonly detector: Detector
  /** Pieces that are decoded beside one another, at most. */
  readonly lanes: number
  readonly movingSeconds: number
  readonly isRelevant: (detection: Detection) => boolean
  readonly leadScore: number
  readonly seesAll: boolean
  /** Another model that says what the objects are, in some of the frames that this one saw. */
  readonly second?: (Omit<SecondLookInit, 'first' | 'second'> & { readonly detector: Detector }) | undefined
  readonly onFrame?: (() => void) | undefined
}

/** What became of one chunk. */
export interface ChunkOutcome {
  readonly chunk: Chunk
  /** PTS of the frames that were taken from the decoder. */
  readonly sampledSeconds: readonly number[]
  readonly counts: HoldCounts
  /** Frames that the second model saw as well. */
  readonly secondLooks: number
  readonly summary: DecodeSummary
}

type Item =
  | { readonly kind: 'answer'; readonly answer: HoldAnswer }
  | { readonly kind: 'end'; readonly outcome: ChunkOutcome }

/** Larger pictures (8K has twice as many) are decoded one piece after another: each decoder holds up to 17 of them. */
const largestBesidePixels = 16_777_216

/** Requests under way for a chunk whose every frame is looked at, where the model sees one at a time. */
const fewestAtOnce = 2

/** Requests under way for each of the chunks that fill a batch and one that waits behind it. */
function shareOfBatches({ batch }: OpenDetector, lanes: number): number {
  return Math.ceil((2 * batch) / lanes)
}

/**
 * Decodes and detects as planned, several chunks at once, each with a decoder of its own. The answers come in the order of
 * time, each chunk’s outcome after its last. When one fails the others end at their next answer. Throws what the detector
 * throws, and ffmpeg_failed when ffmpeg cannot be started.
 */
export async function* walkCascade(
  init: CascadeInit,
  onChunk: (outcome: ChunkOutcome) => void,
): AsyncGenerator<HoldAnswer, void, undefined> {
  const { plan, detector, video } = init
  const isHuge = video.width * video.height > largestBesidePixels
  const lanes = isHuge ? 1 : Math.min(plan.chunks.length, init.lanes)
  const opened = await openBoth(detector, init)
  try {
    const sequences = plan.chunks.map((chunk) => () => walkChunk({ ...init, lanes }, chunk, opened))
    for await (const item of inLanes(sequences, lanes)) {
      if (item.kind === 'answer') yield item.answer
      else onChunk(item.outcome)
    }
  } finally {
    opened.first.close()
    opened.second?.close()
  }
}

type Opened = Pick<SecondLookInit, 'first'> & Partial<Pick<SecondLookInit, 'second'>>

async function openBoth(detector: Detector, { second, video }: CascadeInit): Promise<Opened> {
  const first = await detector.open(video)
  if (second === undefined) return { first }
  try {
    return { first, second: await second.detector.open(video) }
  } catch (error) {
    first.close()
    throw error
  }
}

/** What objects are looked at with in one chunk; counts begin at 0. */
function lookWith({ first, second }: Opened, init: CascadeInit): OpenDetector & { readonly looks?: number } {
  if (second === undefined || init.second === undefined) return first
  return new SecondLook({ ...init.second, first, second })
}

async function* walkChunk(
  init: CascadeInit,
  chunk: Chunk,
  opened: Opened,
): AsyncGenerator<Item, void, undefined> {
  const { tools, path, video, shape, plan, lanes, signal, onFrame } = init
  const { sampleFps, decoding } = plan
  const request = {
    ...(sampleFps === undefined ? { stride: 1 } : { fps: sampleFps }),
    ...{ shape, video, part: chunk },
    decoding: { ...decoding, ...(lanes > 1 ? { threads: 1 } : {}) },
  }
  const { frames, summary } = sampleFrames(tools, path, request, { signal })
  // Told below when it matters; without this an early end of the loop would leave it unhandled.
  summary.catch(() => undefined)
  const sampledSeconds: number[] = []
  const counted = (async function* () {
    for await (const frame of frames) {
      sampledSeconds.push(frame.seconds)
      onFrame?.()
      yield frame
    }
  })()
  const detector = lookWith(opened, init)
  const share = shareOfBatches(detector, lanes)
  const hold = new Hold({ ...init, ahead: detector.batch === 1 ? 0 : share }, detector)
  const { counts } = hold
  const answers =
    plan.mode === 'dense'
      ? everyFrame(counted, { opened: detector, counts, atOnce: Math.max(fewestAtOnce, share) })
      : hold.walk(counted)
  for await (const answer of answers) yield { kind: 'answer', answer }
  const secondLooks = detector.looks ?? 0
  yield { kind: 'end', outcome: { chunk, sampledSeconds, counts, secondLooks, summary: await summary } }
}

async function* everyFrame(
  frames: AsyncIterable<SampledFrame>,
  {
    opened,
    counts,
    atOnce,
  }: { readonly opened: OpenDetector; readonly counts: HoldCounts; readonly atOnce: number },
): AsyncGenerator<HoldAnswer, void, undefined> {
  const underWay: Promise<FrameDetections>[] = []
  for await (const frame of frames) {
    counts.analysed++
    const answer = opened.detect(frame)
    // Whoever leaves the loop early leaves these behind; their failure is told by the one that is awaited first.
    answer.catch(() => undefined)
    underWay.push(answer)
    const oldest = underWay.length > atOnce ? underWay.shift() : undefined
    if (oldest !== undefined) yield { ...(await oldest), isExtra: false }
  }
  for (const answer of underWay) yield { ...(await answer), isExtra: false }
}

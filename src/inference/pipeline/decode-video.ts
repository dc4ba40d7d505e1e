import { Reason, isEdgeError } from '../../domain/index.ts'
import type { LedgerSource } from '../../domain/index.ts'
import type { DecodeSummary, PacketScan, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { hidesObjects, planCascade, shortestEventSeconds, walkCascade } from '../cascade/index.ts'
import type { CascadePlan, ChunkOutcome, HoldAnswer } from '../cascade/index.ts'
import type { Sighting } from '../clips/index.ts'
import type { Detection, RunCounts } from '../detector/index.ts'
import { unmasked } from '../events/index.ts'
import type { Model } from '../model/index.ts'
import type { Track } from '../tracking/index.ts'
import { lookedForClassIds, wantedClassIds } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import { TrackersApart, joinAndLabel, secondLookFor, within } from './labelling.ts'

/** What the detector saw of one file. */
export interface DecodedVideo {
  readonly plan: CascadePlan
  readonly tracks: readonly Track[]
  /** What float said of them, where it was asked. */
  readonly labelled: Pick<LedgerSource, 'labels'>
  /** What was detected frame by frame; kept only when something is to be painted. */
  readonly sightings: readonly Sighting[]
  /** PTS of the frames that the model saw, or that look like one it saw, ascending. */
  readonly knownSeconds: readonly number[]
  readonly withDetections: number
  readonly pieces: readonly DecodedPiece[]
  /** Runs of the model that took several frames at most; none where it sees one at a time. */
  readonly runs: RunCounts
}

/** What became of one chunk. `loss` says why frames may be missing. */
export interface DecodedPiece {
  readonly chunk: ChunkOutcome['chunk']
  readonly sampledSeconds: readonly number[]
  readonly counts: ChunkOutcome['counts']
  readonly secondLooks: number
  /** PTS of the last frame that was decoded, analysed or not. */
  readonly lastSeconds: number | undefined
  readonly loss: Reason | undefined
}

/** While something moves a frame is looked at at least this often. */
const longestStepSeconds = 1

/** Decodes, detects and tracks one file from end to end. Unreadable footage is a loss; a detector’s error throws. */
export async function decodeVideo(
  { path, video, scan }: { readonly path: string; readonly video: VideoInfo; readonly scan: PacketScan },
  analysis: Pick<Analysis, 'tools' | 'model' | 'detector' | 'labeller' | 'settings' | 'lanes'>,
  options: Abortable & { onFrame?: (() => void) | undefined },
): Promise<DecodedVideo> {
  const { tools, model, detector, settings, lanes } = analysis
  const { signal, onFrame } = options
  const { policy, scoreThreshold } = settings
  const plan = planCascade(video, scan, settings)
  detector.takeRunCounts()
  const isWanted = within(wantedClassIds(policy.classes, model))
  const tracker = new TrackersApart({ sampleFps: 1 / plan.stepSeconds, scoreThreshold }, isWanted)
  const movingSeconds = Math.min(longestStepSeconds, shortestEventSeconds(policy))
  const second = secondLookFor(analysis, { video, plan, movingSeconds })
  const isRelevant = second?.isRelevant ?? isWanted
  const notes = new FrameNotes(settings, model, isRelevant)
  const pieces: DecodedPiece[] = []
  const walk = walkCascade(
    {
      ...{ tools, path, video, plan, detector, lanes, signal, onFrame, shape: model.shapeFor(video) },
      ...{ movingSeconds, isRelevant, second },
      leadScore: Math.max(scoreThreshold, policy.minScore),
      seesAll: hidesObjects(settings.clips),
    },
    (outcome) => pieces.push(pieceOf(outcome)),
  )
  try {
    for await (const frame of walk) {
      const detections = notes.take(frame)
      if (!frame.isExtra) tracker.observe({ ...frame, detections })
    }
  } catch (error) {
    signal?.throwIfAborted()
    const loss = mediaReason(error)
    if (loss === undefined) throw error
    pieces.push(...unwalked(plan.chunks.slice(pieces.length), loss))
  }
  const { tracks, counts } = joinAndLabel(tracker.finish(), settings)
  const frames = pieces.reduce((sum, { secondLooks }) => sum + secondLooks, 0)
  return {
    ...{ plan, tracks },
    labelled: second === undefined ? {} : { labels: { frames, ...counts } },
    sightings: notes.sightings,
    knownSeconds: notes.knownSeconds,
    withDetections: notes.withDetections,
    pieces,
    runs: detector.takeRunCounts(),
  }
}

/** What is kept of frames besides their objects’ tracks. */
class FrameNotes {
  readonly sightings: Sighting[] = []
  readonly knownSeconds: number[] = []
  withDetections = 0
  readonly #settings: Analysis['settings']
  readonly #classes: readonly string[]
  readonly #isRelevant: (detection: Detection) => boolean
  readonly #isWanted: (detection: Detection) => boolean
  readonly #isLookedFor: (detection: Detection) => boolean

  constructor(settings: Analysis['settings'], model: Model, isRelevant: (detection: Detection) => boolean) {
    this.#settings = settings
    this.#classes = model.classes
    this.#isRelevant = isRelevant
    this.#isWanted = within(wantedClassIds(settings.policy.classes, model))
    this.#isLookedFor = within(lookedForClassIds(settings, model))
  }

  /** The detections that count. What is only looked for to be put out of sight has no part in what is found. */
  take({ seconds, detections, isExtra }: HoldAnswer): readonly Detection[] {
    const { policy, clips, scoreThreshold } = this.#settings
    const counting = unmasked(detections.filter(this.#isRelevant), policy, this.#classes)
    const isSure = ({ score }: Detection): boolean => score >= scoreThreshold
    const sure = detections.filter((detection) => isSure(detection) && this.#isLookedFor(detection))
    if ((clips.redact !== undefined || clips.preview) && sure.length > 0)
      this.sightings.push({ seconds, detections: sure })
    if (isExtra) return counting
    this.knownSeconds.push(seconds)
    if (counting.some((detection) => isSure(detection) && this.#isWanted(detection))) this.withDetections++
    return counting
  }
}

function pieceOf({ chunk, sampledSeconds, counts, secondLooks, summary }: ChunkOutcome): DecodedPiece {
  const nothing: Reason = { code: 'decode_error', message: 'no frame could be decoded' }
  return {
    ...{ chunk, sampledSeconds, counts, secondLooks },
    lastSeconds: summary.lastSeconds ?? sampledSeconds.at(-1),
    loss: lossOf(summary) ?? (sampledSeconds.length === 0 ? nothing : undefined),
  }
}

function unwalked(chunks: readonly ChunkOutcome['chunk'][], loss: Reason): readonly DecodedPiece[] {
  const counts = { analysed: 0, unchanged: 0, agreed: 0, sceneChanges: 0 }
  return chunks.map((chunk) => ({
    ...{ chunk, sampledSeconds: [], counts, secondLooks: 0 },
    ...{ lastSeconds: undefined, loss },
  }))
}

function lossOf({ complete, errors, lastSeconds }: DecodeSummary): Reason | undefined {
  if (complete && errors.length === 0) return undefined
  const [first] = errors
  const until = lastSeconds === null ? 'before the first frame' : `after ${lastSeconds.toFixed(3)} s`
  return {
    code: 'decode_error',
    message: (first ?? `the decoder stopped ${until}`).slice(0, 500),
  }
}

/** Why ffmpeg could not read a file; undefined for errors that have another cause than the file. */
export function mediaReason(error: unknown): Reason | undefined {
  if (isEdgeError(error, 'media_unreadable')) {
    const told = Reason.safeParse(error.details?.['reason'])
    return told.success ? told.data : { code: 'unreadable', message: error.message.slice(0, 500) }
  }
  if (isEdgeError(error, 'ffmpeg_failed'))
    return { code: 'decode_error', message: error.message.slice(0, 500) }
  if (isEdgeError(error, 'path_missing')) return { code: 'unreadable', message: error.message.slice(0, 500) }
  return undefined
}

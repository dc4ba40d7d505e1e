import { Reason, isEdgeError } from '../../domain/index.ts'
import { sampleFrames } from '../../media/index.ts'
import type { DecodeSummary, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import type { Sighting } from '../clips/index.ts'
import { unmasked } from '../events/index.ts'
import { Tracker, stitchTracks } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import { wantedClassIds } from './analysis.ts'
import type { Analysis } from './analysis.ts'

/** What the detector saw of one file. `loss` says why frames may be missing. */
export interface DecodedVideo {
  readonly tracks: readonly Track[]
  /** What was detected frame by frame; kept only when something is to be painted. */
  readonly sightings: readonly Sighting[]
  readonly sampledSeconds: readonly number[]
  readonly withDetections: number
  /** PTS of the last frame that was decoded, analysed or not. */
  readonly lastSeconds: number | undefined
  readonly loss: Reason | undefined
}

/** Samples, detects and tracks one file from end to end. Unreadable footage is a loss; a detector’s error throws. */
export async function decodeVideo(
  path: string,
  video: VideoInfo,
  { tools, model, detector, settings }: Pick<Analysis, 'tools' | 'model' | 'detector' | 'settings'>,
  options: Abortable & { onFrame?: (() => void) | undefined },
): Promise<DecodedVideo> {
  const { signal, onFrame } = options
  const shape = model.shapeFor(video)
  const { classes } = model
  const { policy } = settings
  const { frames, summary } = sampleFrames(tools, path, { fps: settings.sampleFps, shape, video }, { signal })
  // Told by the loop below when it matters; without this an early end of the loop would leave it unhandled.
  summary.catch(() => undefined)
  const tracker = new Tracker(settings)
  const sampledSeconds: number[] = []
  const sightings: Sighting[] = []
  const { redact, preview } = settings.clips
  const wanted = wantedClassIds(settings.policy.classes, model)
  let withDetections = 0
  let loss: Reason | undefined
  let lastSeconds: number | undefined
  try {
    for await (const frame of detector.detect(frames, video, { signal })) {
      // What is only looked for to be put out of sight has no part in what is found.
      const found = frame.detections.filter(({ classId }) => wanted?.includes(classId) !== false)
      const detections = unmasked(found, policy, classes)
      tracker.observe({ ...frame, detections })
      const isSure = ({ score }: { readonly score: number }): boolean => score >= settings.scoreThreshold
      const sure = frame.detections.filter(isSure)
      if ((redact !== undefined || preview) && sure.length > 0)
        sightings.push({ seconds: frame.seconds, detections: sure })
      sampledSeconds.push(frame.seconds)
      if (detections.some(isSure)) withDetections++
      onFrame?.()
    }
    const told = await summary
    loss = lossOf(told)
    lastSeconds = told.lastSeconds ?? undefined
  } catch (error) {
    signal?.throwIfAborted()
    loss = mediaReason(error)
    if (loss === undefined) throw error
  }
  if (sampledSeconds.length === 0) loss ??= { code: 'decode_error', message: 'no frame could be decoded' }
  return {
    tracks: stitchTracks(tracker.finish(), { gapSeconds: policy.endHysteresisSeconds }),
    sightings,
    sampledSeconds,
    withDetections,
    lastSeconds: lastSeconds ?? sampledSeconds.at(-1),
    loss,
  }
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

import { Reason, isEdgeError } from '../../domain/index.ts'
import { sampleFrames } from '../../media/index.ts'
import type { DecodeSummary, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { Tracker } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import type { Analysis } from './analysis.ts'

/** What the detector saw of one file. `loss` says why frames may be missing. */
export interface DecodedVideo {
  readonly tracks: readonly Track[]
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
  { tools, model, detector, settings }: Analysis,
  options: Abortable & { onFrame?: (() => void) | undefined },
): Promise<DecodedVideo> {
  const { signal, onFrame } = options
  const shape = model.shapeFor(video)
  const { frames, summary } = sampleFrames(tools, path, { fps: settings.sampleFps, shape, video }, { signal })
  // Told by the loop below when it matters; without this an early end of the loop would leave it unhandled.
  summary.catch(() => undefined)
  const tracker = new Tracker(settings)
  const sampledSeconds: number[] = []
  let withDetections = 0
  let loss: Reason | undefined
  let lastSeconds: number | undefined
  try {
    for await (const frame of detector.detect(frames, video, { signal })) {
      tracker.observe(frame)
      sampledSeconds.push(frame.seconds)
      if (frame.detections.length > 0) withDetections++
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
    tracks: tracker.finish(),
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

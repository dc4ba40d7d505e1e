import type { ClipsSpec, SignificancePolicy, EdgeEvent, Interval, Redaction } from '../../domain/index.ts'
import { cutClip, cutThumbnail, evenSize, paintClip, takePicture, writeJpeg } from '../../media/index.ts'
import type { MediaTools, Reencoded, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { EdgeError } from '../../domain/index.ts'
import { Redactor, previewPainter } from '../clips/index.ts'
import type { ObjectPath } from '../clips/index.ts'
import { ceilSeconds, floorSeconds, sourceFolder, timeName } from '../events/index.ts'
import { attempt, placeFor, relativeName } from './outputs.ts'

export interface Footage {
  readonly tools: MediaTools
  readonly path: string
  readonly video: VideoInfo
  readonly keyframeSeconds: readonly number[]
  readonly outputsDir: string
  readonly log: Log
  readonly clips: ClipsSpec
  readonly policy: SignificancePolicy
  readonly classes: readonly string[]
  /** Where objects were seen; empty unless something is to be painted. */
  readonly paths: readonly ObjectPath[]
  /** From one sampled frame to the next. */
  readonly stepSeconds: number
}

/** Cuts what is published of an event. What cannot be cut is told in the event’s `problem`; only an abort throws. */
export async function cutEvent(
  event: EdgeEvent,
  footage: Footage,
  options: Abortable,
): Promise<{ event: EdgeEvent; bytes: number }> {
  const name = `${sourceFolder(event.source)}/${timeName(event.asked.startSeconds)}-${event.label}`
  const context = {
    about: { event: event.id, source: event.source },
    log: footage.log,
    signal: options.signal,
  }
  const parts = [
    attempt('clip', context, () => cutEventClip(event, footage, name, options)),
    attempt('thumbnail', context, () => cutEventThumbnail(event, footage, name, options)),
    footage.clips.preview
      ? attempt('preview', context, () => cutEventPreview(event, footage, name, options))
      : Promise.resolve({ value: undefined, problem: undefined }),
  ] as const
  // An abort ends all three, and all are over before it is told.
  await Promise.allSettled(parts)
  const [clip, thumbnail, preview] = await Promise.all(parts)
  const problem = clip.problem ?? thumbnail.problem ?? preview.problem
  const { encoding, redaction } = clip.value ?? {}
  return {
    event: {
      ...event,
      actual: clip.value?.actual ?? null,
      clip: clip.value?.path ?? null,
      thumbnail: thumbnail.value?.path ?? null,
      ...(preview.value === undefined ? {} : { preview: preview.value.path }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(redaction === undefined ? {} : { redaction }),
      ...(problem === undefined ? {} : { problem }),
    },
    bytes: (clip.value?.bytes ?? 0) + (thumbnail.value?.bytes ?? 0) + (preview.value?.bytes ?? 0),
  }
}

/** What puts regions of the source out of sight in an interval; undefined when nothing is to be hidden. */
export function redactorFor(
  { clips, paths, classes, stepSeconds }: Footage,
  within: Interval,
): Redactor | undefined {
  const { redact: spec } = clips
  return spec === undefined ? undefined : new Redactor({ spec, paths, classes, stepSeconds, within })
}

interface Cut {
  readonly path: string
  readonly bytes: number
}

interface ClipCut extends Cut {
  readonly actual: Interval
  readonly encoding?: Reencoded
  readonly redaction?: Redaction
}

async function cutEventClip(
  { asked }: EdgeEvent,
  footage: Footage,
  name: string,
  options: Abortable,
): Promise<ClipCut> {
  const { tools, outputsDir, clips } = footage
  const output = await placeFor(outputsDir, 'clips', `${name}.mp4`)
  const request = { ...requestOf(footage), asked, output }
  const redactor = redactorFor(footage, asked)
  if (redactor !== undefined) {
    const paint = redactor.paint.bind(redactor)
    const { actual, bytes } = await paintClip(tools, { ...request, paint }, options)
    return {
      ...{ path: relativeName(outputsDir, output), actual: outward(actual), bytes },
      encoding: { part: 'whole', codec: 'h264' },
      redaction: redactor.record(),
    }
  }
  const clip = await cutClip(tools, { ...request, mode: clips.mode }, options)
  return {
    ...{ path: relativeName(outputsDir, clip.path), actual: outward(clip.actual), bytes: clip.bytes },
    ...(clip.reencoded === undefined ? {} : { encoding: clip.reencoded }),
  }
}

async function cutEventPreview(
  event: EdgeEvent,
  footage: Footage,
  name: string,
  options: Abortable,
): Promise<Cut> {
  const { tools, outputsDir, paths, classes, stepSeconds, clips, policy } = footage
  const output = await placeFor(outputsDir, 'previews', `${name}.mp4`)
  const redactor = redactorFor(footage, event.asked)
  const zones = [...(clips.redact?.zones ?? []), ...policy.zones.map(({ polygon }) => polygon)]
  const draw = previewPainter({ event, paths, classes, zones, stepSeconds })
  const { bytes } = await paintClip(
    tools,
    {
      ...{ ...requestOf(footage), asked: event.asked, output },
      paint: (picture, seconds) => {
        redactor?.paint(picture, seconds)
        draw(picture, seconds)
      },
    },
    options,
  )
  return { path: relativeName(outputsDir, output), bytes }
}

async function cutEventThumbnail(
  { peakSeconds }: EdgeEvent,
  footage: Footage,
  name: string,
  options: Abortable,
): Promise<Cut> {
  const { tools, path, video, outputsDir } = footage
  const output = await placeFor(outputsDir, 'thumbnails', `${name}.jpg`)
  const around = { startSeconds: peakSeconds, endSeconds: peakSeconds }
  const redactor = redactorFor(footage, around)
  if (redactor === undefined) {
    const { bytes } = await cutThumbnail(
      tools,
      { source: path, video, seconds: peakSeconds, output },
      options,
    )
    return { path: relativeName(outputsDir, output), bytes }
  }
  const scale = Math.min(1, 640 / video.width)
  const size = evenSize({ width: Math.round(video.width * scale), height: Math.round(video.height * scale) })
  const taken = await takePicture(tools, { source: path, video, seconds: peakSeconds, ...size }, options)
  if (taken === undefined) throw new EdgeError('ffmpeg_failed', `${path} has no frame at ${peakSeconds} s`)
  redactor.paint(taken.picture, taken.seconds)
  const bytes = await writeJpeg(tools, taken.picture, output, options)
  return { path: relativeName(outputsDir, output), bytes }
}

function requestOf({ path, video, keyframeSeconds }: Footage): {
  readonly source: string
  readonly video: VideoInfo
  readonly keyframeSeconds: readonly number[]
} {
  return { source: path, video, keyframeSeconds }
}

function outward({ startSeconds, endSeconds }: Interval): Interval {
  return { startSeconds: floorSeconds(startSeconds), endSeconds: ceilSeconds(endSeconds) }
}

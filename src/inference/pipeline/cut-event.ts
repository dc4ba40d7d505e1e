import { mkdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { EdgeEvent, Interval, Reason } from '../../domain/index.ts'
import { cutClip, cutThumbnail } from '../../media/index.ts'
import type { MediaTools, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { ceilSeconds, floorSeconds, sourceFolder, timeName } from '../events/index.ts'

export interface Footage {
  readonly tools: MediaTools
  readonly path: string
  readonly video: VideoInfo
  readonly keyframeSeconds: readonly number[]
  readonly outputsDir: string
  readonly log: Log
}

/** Cuts clip and thumbnail of an event. What cannot be cut is told in the event’s `problem`; only an abort throws. */
export async function cutEvent(
  event: EdgeEvent,
  footage: Footage,
  options: Abortable,
): Promise<{ event: EdgeEvent; bytes: number }> {
  const name = join(sourceFolder(event.source), `${timeName(event.asked.startSeconds)}-${event.label}`)
  const { signal } = options
  const context = { event, log: footage.log, signal }
  const clip = await attempt('clip', context, () => cutEventClip(event, footage, name, options))
  const thumbnail = await attempt('thumbnail', context, () =>
    cutEventThumbnail(event, footage, name, options),
  )
  const problem = clip.problem ?? thumbnail.problem
  return {
    event: {
      ...event,
      actual: clip.value?.actual ?? null,
      clip: clip.value?.path ?? null,
      thumbnail: thumbnail.value?.path ?? null,
      ...(problem === undefined ? {} : { problem }),
    },
    bytes: (clip.value?.bytes ?? 0) + (thumbnail.value?.bytes ?? 0),
  }
}

interface Cut {
  readonly path: string
  readonly bytes: number
}

async function cutEventClip(
  { asked }: EdgeEvent,
  { tools, path, video, keyframeSeconds, outputsDir }: Footage,
  name: string,
  options: Abortable,
): Promise<Cut & { actual: Interval }> {
  const output = await placeFor(outputsDir, 'clips', `${name}.mp4`)
  const clip = await cutClip(tools, { source: path, video, keyframeSeconds, asked, output }, options)
  const actual = {
    startSeconds: floorSeconds(clip.actual.startSeconds),
    endSeconds: ceilSeconds(clip.actual.endSeconds),
  }
  return { path: relativeName(outputsDir, clip.path), actual, bytes: clip.bytes }
}

async function cutEventThumbnail(
  { peakSeconds }: EdgeEvent,
  { tools, path, outputsDir }: Footage,
  name: string,
  options: Abortable,
): Promise<Cut> {
  const output = await placeFor(outputsDir, 'thumbnails', `${name}.jpg`)
  const { bytes } = await cutThumbnail(tools, { source: path, seconds: peakSeconds, output }, options)
  return { path: relativeName(outputsDir, output), bytes }
}

async function placeFor(outputsDir: string, kind: 'clips' | 'thumbnails', name: string): Promise<string> {
  const output = join(outputsDir, kind, name)
  await mkdir(dirname(output), { recursive: true })
  return output
}

function relativeName(outputsDir: string, path: string): string {
  return relative(outputsDir, path).split(sep).join('/')
}

async function attempt<T>(
  what: 'clip' | 'thumbnail',
  { event, log, signal }: { event: EdgeEvent; log: Log } & Abortable,
  cut: () => Promise<T>,
): Promise<{ value?: T; problem?: Reason }> {
  try {
    return { value: await cut() }
  } catch (thrown) {
    signal?.throwIfAborted()
    const error = EdgeError.from(thrown)
    log.error({ event: event.id, source: event.source, error: error.toJSON() }, `the ${what} was not cut`)
    // The document is the same on every run, so ffmpeg’s words (addresses, temporary names) stay in the log.
    return { problem: { code: 'decode_error', message: `the ${what} could not be cut (${error.code})` } }
  }
}

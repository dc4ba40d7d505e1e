import { mkdtemp, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { EdgeError, type Interval } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { writeWhole } from '../utils/whole-file.ts'
import { cutAudio } from './cut-audio.ts'
import { encodeFrames, type TimedPicture } from './encode-frames.ts'
import type { MediaTools } from './media-tools.ts'
import type { Picture } from './picture.ts'
import type { VideoInfo } from './probe-video.ts'
import { sampleFrames } from './sample-frames.ts'

export interface PaintRequest {
  readonly source: string
  readonly video: VideoInfo
  /** The source's keyframes, ascending, as scanPackets gives them. */
  readonly keyframeSeconds: readonly number[]
  readonly asked: Interval
  readonly output: string
  /** Default: h264. */
  readonly codec?: 'h264' | 'hevc'
  /** Changes a picture in place; `seconds` is its PTS in the source. */
  readonly paint?: (picture: Picture, seconds: number) => void
}

export interface PaintedClip {
  readonly path: string
  readonly actual: Interval
  readonly bytes: number
  readonly frames: number
}

/**
 * Decodes `asked`, lets `paint` change every picture, and encodes it: a faststart MP4 with the audio, upright, with even
 * sides, that begins with the frame that is shown at the asked start. Throws ffmpeg_failed, and leaves nothing then.
 */
export async function paintClip(
  tools: MediaTools,
  request: PaintRequest,
  options: Abortable = {},
): Promise<PaintedClip> {
  const path = resolve(request.output)
  const scratch = await scratchFolder(path)
  try {
    const progress: Reached = { first: undefined, end: NaN, frames: 0, errors: [] }
    const bytes = await writeWhole(path, async (target) => {
      const audioFile = join(scratch, 'audio.mp4')
      const { source, video, asked } = request
      const hasAudio = await cutAudio(tools, { source, video, interval: asked, target: audioFile }, options)
      const size = evenSize(video)
      const audio = hasAudio ? audioFile : undefined
      const pictures = picturesOf(tools, { request, size, progress }, options)
      await encodeFrames(tools, { ...size, pictures, codec: request.codec ?? 'h264', audio, target }, options)
    })
    const { first, end, frames } = progress
    if (first === undefined) throw noPicture(request, progress)
    return { path, actual: { startSeconds: first, endSeconds: end }, bytes, frames }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A folder beside `path`, hidden and named after it, for what is needed on the way to it. */
export async function scratchFolder(path: string): Promise<string> {
  return mkdtemp(join(dirname(path), `.${basename(path).slice(0, 100)}.`))
}

/** The picture's size where chroma has half of each side. */
export function evenSize({ width, height }: Pick<VideoInfo, 'width' | 'height'>): {
  readonly width: number
  readonly height: number
} {
  return { width: width + (width % 2), height: height + (height % 2) }
}

interface Reached {
  first: number | undefined
  end: number
  frames: number
  errors: readonly string[]
}

interface Painting {
  readonly request: PaintRequest
  readonly size: { readonly width: number; readonly height: number }
  readonly progress: Reached
}

async function* picturesOf(
  tools: MediaTools,
  { request, size, progress }: Painting,
  { signal }: Abortable,
): AsyncGenerator<TimedPicture> {
  const { source, video, asked, paint } = request
  const emit = ({ seconds, data }: TimedPicture): TimedPicture => {
    progress.first ??= seconds
    progress.frames += 1
    progress.end = seconds + (video.frameRate > 0 ? 1 / video.frameRate : 0.04)
    paint?.({ ...size, data }, seconds)
    return { seconds: seconds - progress.first, data }
  }
  const { frames, summary } = sampleFrames(
    tools,
    source,
    {
      fps: 1000,
      shape: { ...size, pixelFormat: 'yuv420p' },
      video,
      part: { fromSeconds: firstNeeded(request) },
    },
    { signal },
  )
  // the frame that is on the screen at the asked start began before it
  let shown: TimedPicture | undefined
  for await (const frame of frames) {
    if (frame.seconds <= asked.startSeconds + 1e-6) {
      shown = frame
      continue
    }
    if (shown !== undefined) yield emit(shown)
    shown = undefined
    if (frame.seconds >= asked.endSeconds - 1e-6 && progress.frames > 0) {
      progress.end = frame.seconds
      return
    }
    yield emit(frame)
  }
  if (shown !== undefined) yield emit(shown)
  progress.errors = (await summary).errors
  if (progress.frames === 0) throw noPicture(request, progress)
}

/** At every keyframe there is a picture. Where packets have no PTS they are numbered some frames early. */
function firstNeeded({ keyframeSeconds, asked, video }: PaintRequest): number {
  const latest = asked.startSeconds - (video.container === 'avi' ? 1 : 0)
  const keyframe = keyframeSeconds.filter((seconds) => seconds <= latest + 1e-6).at(-1)
  return (keyframe ?? Math.min(video.startSeconds, asked.startSeconds)) - 0.001
}

function noPicture({ source, asked }: PaintRequest, { errors }: Reached): EdgeError {
  const why = errors.length === 0 ? '' : `: ${errors.join(' / ')}`
  return new EdgeError(
    'ffmpeg_failed',
    `${source} has no picture from ${asked.startSeconds} to ${asked.endSeconds} s${why}`,
  )
}

import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { writeWhole } from '../utils/whole-file.ts'
import { argumentsOf, fileUrl, readingPipe } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import type { Picture } from './picture.ts'
import type { VideoInfo } from './probe-video.ts'
import { rawMatroskaHead, rawMatroskaPicture } from './raw-matroska.ts'
import { runToEnd } from './run-to-end.ts'
import { sampleFrames } from './sample-frames.ts'

export interface PictureRequest {
  readonly source: string
  readonly video: VideoInfo
  /** PTS; the first frame at or after it is taken. */
  readonly seconds: number
  /** Even sides; the video is letterboxed into them where its shape is another. */
  readonly width: number
  readonly height: number
}

/** One frame with its own PTS; undefined when there is none at or after the time. */
export async function takePicture(
  tools: MediaTools,
  { source, video, seconds, width, height }: PictureRequest,
  options: Abortable = {},
): Promise<{ readonly seconds: number; readonly picture: Picture } | undefined> {
  const shape = { width, height, pixelFormat: 'yuv420p' } as const
  const request = { fps: 1000, shape, video, part: { fromSeconds: seconds - 0.0005 } }
  for await (const frame of sampleFrames(tools, source, request, options).frames)
    return { seconds: frame.seconds, picture: { width, height, data: frame.data } }
  return undefined
}

/** Writes a picture as JPEG without metadata; the bytes written. Throws ffmpeg_failed. */
export async function writeJpeg(
  tools: MediaTools,
  picture: Picture,
  output: string,
  { signal }: Abortable = {},
): Promise<number> {
  return writeWhole(output, async (partial) => {
    const command = readingPipe()
      .output(fileUrl(partial))
      .outputOptions([
        '-map',
        '0:V:0',
        '-frames:v',
        '1',
        '-pix_fmt',
        'yuvj420p',
        '-c:v',
        'mjpeg',
        '-q:v',
        '4',
      ])
      .outputOptions(['-fflags', '+bitexact', '-flags', '+bitexact', '-f', 'mjpeg'])
    const end = await runToEnd({
      program: tools.ffmpeg.path,
      args: argumentsOf(command),
      stallMs: 60_000,
      maxBytes: 1e6,
      signal,
      feed: matroskaOf(picture),
      onLine: () => undefined,
    })
    if (end.code !== 0) throw new EdgeError('ffmpeg_failed', `no JPEG was made: ${end.errors.join(' / ')}`)
  })
}

async function* matroskaOf(picture: Picture): AsyncGenerator<Uint8Array> {
  yield rawMatroskaHead(picture)
  yield await Promise.resolve(rawMatroskaPicture(0, picture.data.length))
  yield picture.data
}

import { stat } from 'node:fs/promises'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, fileUrl, passEveryFrame, readingCommand, seekToDecode } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import type { VideoInfo } from './probe-video.ts'
import { runToEnd, type RunEnd } from './run-to-end.ts'
import { writeWhole } from '../utils/whole-file.ts'

export interface ThumbnailRequest {
  readonly source: string
  readonly video: Pick<VideoInfo, 'container' | 'startSeconds'>
  /** PTS of the picture wanted; the first frame at or after it is taken. */
  readonly seconds: number
  readonly output: string
}

/** Writes one frame as JPEG, at most 640 wide. Throws ffmpeg_failed when there is no such frame. */
export async function cutThumbnail(
  tools: MediaTools,
  { source, video, seconds, output }: ThumbnailRequest,
  { signal }: Abortable = {},
): Promise<{ readonly bytes: number }> {
  // half a millisecond of grace: the PTS went through decimal notation
  const from = Math.round(seconds * 1e6) - 500
  const bytes = await writeWhole(output, async (partial) => {
    const shot = { source, partial, from }
    const seek = seekToDecode(video, seconds)
    const first = await shoot(tools, { ...shot, seek }, { signal })
    if (first.errors.length === 0 && (await stat(partial)).size > 0) return
    // some streams can only be decoded from their beginning, where the encoder left its name
    const end = seek.length === 0 ? first : await shoot(tools, { ...shot, seek: [] }, { signal })
    if (end.code === 0 && (await stat(partial)).size > 0) return
    const why = end.errors.join(' / ') || 'there is no frame'
    throw new EdgeError('ffmpeg_failed', `no thumbnail of ${source} at ${seconds} s: ${why}`)
  })
  return { bytes }
}

interface Shot {
  readonly source: string
  readonly partial: string
  /** Microseconds. */
  readonly from: number
  readonly seek: readonly string[]
}

async function shoot(
  tools: MediaTools,
  { source, partial, from, seek }: Shot,
  { signal }: Abortable,
): Promise<RunEnd> {
  const command = readingCommand(source, ['-copyts', ...seek])
    .videoFilters(`settb=1/1000000,select='gte(pts,${from})',scale='min(640,iw)':-2:flags=area,setsar=1`)
    .output(fileUrl(partial))
    .outputOptions(['-map', '0:V:0', '-frames:v', '1', ...passEveryFrame(tools.ffmpeg.version)])
    .outputOptions(['-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '4', '-map_metadata', '-1'])
    .outputOptions(['-fflags', '+bitexact', '-flags', '+bitexact', '-f', 'mjpeg'])
  return runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 120_000,
    maxBytes: 1e6,
    signal,
    onLine: () => undefined,
  })
}

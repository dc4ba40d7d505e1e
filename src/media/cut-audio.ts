import type { Interval } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, copyingInput, fileUrl, readingCommand, seekToDecode } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { probeAudioCodec, type VideoInfo } from './probe-video.ts'
import { runToEnd } from './run-to-end.ts'

/** Audio that MP4 takes and players expect there. */
export const mp4Audio: ReadonlySet<string> = new Set(['aac', 'mp3', 'mp2', 'ac3', 'eac3', 'alac', 'opus'])

export interface AudioRequest {
  readonly source: string
  readonly video: Pick<VideoInfo, 'container' | 'startSeconds' | 'hasAudio'>
  readonly interval: Interval
  readonly target: string
}

/**
 * Copies the first audio stream of an interval into an MP4 that begins at its start, to within one audio frame. False
 * when there is none, or none that MP4 takes.
 */
export async function cutAudio(
  tools: MediaTools,
  { source, video, interval, target }: AudioRequest,
  { signal }: Abortable = {},
): Promise<boolean> {
  if (!video.hasAudio) return false
  const codec = await probeAudioCodec(tools, source, { signal })
  if (codec === undefined || !mp4Audio.has(codec)) return false
  const { startSeconds, endSeconds } = interval
  const command = readingCommand(source, copyingInput(seekToDecode(video, startSeconds)))
    .output(fileUrl(target))
    .outputOptions(['-map', '0:a:0', '-c', 'copy', '-vn', '-sn', '-dn'])
    .outputOptions(['-ss', startSeconds.toFixed(6), '-t', (endSeconds - startSeconds).toFixed(6)])
    .outputOptions(['-map_metadata', '-1', '-map_chapters', '-1', '-strict', '-2', '-f', 'mp4'])
  const end = await runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 300_000,
    maxBytes: 1e6,
    signal,
    onLine: () => undefined,
  })
  return end.code === 0
}

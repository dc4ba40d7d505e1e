import type { Abortable } from '../ports/index.ts'
import type { ClipStart } from './clip-start.ts'
import { argumentsOf, copyingInput, fileUrl, readingCommand } from './command.ts'
import { FramecrcReader } from './framecrc.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd, type RunEnd } from './run-to-end.ts'

export interface CopyRequest {
  readonly source: string
  readonly start: ClipStart
  /** Decoding time of the source at which the copy ends. */
  readonly endSeconds: number
  /** So many pictures are copied at the most. */
  readonly pictures?: number | undefined
  readonly format: 'mp4' | 'matroska'
  readonly videoOptions: readonly string[]
  readonly hasAudio: boolean
  readonly target: string
}

export interface CopyEnd extends RunEnd {
  /** PTS in the source of the first video packet that was copied: a keyframe. */
  readonly firstSeconds: number | undefined
}

/**
 * Copies packets into `target`, shifted so that the first is at about 0 s. The same packets go through a second output
 * that keeps the source's time stamps: so it is measured, and not assumed, which stretch of the source was copied.
 */
export async function copyPackets(
  tools: MediaTools,
  request: CopyRequest,
  { signal }: Abortable = {},
): Promise<CopyEnd> {
  let firstSeconds: number | undefined
  const reader = new FramecrcReader((seconds) => {
    firstSeconds ??= seconds
  })
  const end = await runToEnd({
    program: tools.ffmpeg.path,
    args: copyArguments(request),
    channels: 1,
    // moving the index to the front is silent and copies the whole clip again, perhaps on a slow card
    stallMs: 300_000,
    maxBytes: 1e9,
    signal,
    onLine: (line, output) => {
      if (output === 1) reader.line(line)
    },
  })
  return { ...end, firstSeconds }
}

function copyArguments(request: CopyRequest): readonly string[] {
  const { source, start, endSeconds, pictures, format, videoOptions, hasAudio, target } = request
  const most = pictures === undefined ? [] : ['-frames:v', String(pictures)]
  const until = ['-to', endSeconds.toFixed(6), ...most]
  const command = readingCommand(source, copyingInput(start.seek))
  command
    .output('pipe:3')
    .outputOptions(['-map', '0:V:0', '-c', 'copy', ...until, '-flush_packets', '1', '-f', 'framecrc'])
  command
    .output(fileUrl(target))
    .outputOptions([
      '-map',
      '0:V:0',
      ...(hasAudio ? ['-map', '0:a:0'] : []),
      '-c',
      'copy',
      ...videoOptions,
      ...until,
    ])
    .outputOptions(['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-strict', '-2'])
    // no name of a program and no random id: the same footage gives the same bytes
    .outputOptions(['-avoid_negative_ts', 'make_zero', '-fflags', '+bitexact'])
    .outputOptions([...(format === 'mp4' ? ['-movflags', '+faststart'] : []), '-f', format])
  return argumentsOf(command)
}

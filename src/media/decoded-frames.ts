import type { Abortable } from '../ports/index.ts'
import { argumentsOf, passEveryFrame, readingCommand } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'

/** A decoded frame: its PTS and a checksum of its pixels. */
export interface DecodedFrame {
  readonly seconds: number
  readonly sum: string
}

/** Decodes all frames of a short video, in the order of showing; `errors` is what the decoder complained about. */
export async function decodedFrames(
  tools: MediaTools,
  path: string,
  { signal }: Abortable = {},
): Promise<{ readonly frames: readonly DecodedFrame[]; readonly errors: readonly string[] }> {
  const frames: DecodedFrame[] = []
  const command = readingCommand(path, ['-copyts'])
    .videoFilters('settb=1/1000000')
    .output('pipe:1')
    .outputOptions(['-map', '0:V:0', ...passEveryFrame(tools.ffmpeg.version), '-c:v', 'rawvideo'])
    .outputOptions(['-enc_time_base', '1:1000000', '-flush_packets', '1', '-f', 'framecrc'])
  const end = await runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 60_000,
    maxBytes: 1e9,
    signal,
    onLine: (line) => {
      if (line.startsWith('#')) return
      const [, , pts, , , sum] = line.split(',').map((field) => field.trim())
      if (sum !== undefined) frames.push({ seconds: Number(pts) / 1e6, sum })
    },
  })
  const broken = end.code === 0 ? [] : [`ffmpeg ended with ${String(end.code ?? end.signal)}`]
  return { frames, errors: [...end.errors, ...broken] }
}

import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, passEveryFrame } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'
import { decodingCommand, pickingFilters, shapingFilters, type SampleRequest } from './sampling-arguments.ts'

/**
 * How long decoding, picking and scaling take when nobody looks at the pictures: the limit of every analysis that samples
 * in this way. The start of ffmpeg is counted. Throws ffmpeg_failed.
 */
export async function measureDecode(
  tools: MediaTools,
  path: string,
  request: SampleRequest,
  { signal }: Abortable = {},
): Promise<{ readonly seconds: number; readonly frames: number }> {
  const { ordered, picked } = pickingFilters(request)
  const command = decodingCommand(path, request)
    .complexFilter(`[0:V:0]${ordered},${picked},${shapingFilters(request)}[frames]`)
    .output('pipe:1')
    // no pixel leaves ffmpeg: a line for each frame does
    .outputOptions(['-map', '[frames]', ...passEveryFrame(tools.ffmpeg.version), '-c:v', 'wrapped_avframe'])
    .outputOptions(['-f', 'framecrc'])
  let frames = 0
  const startedAtMs = performance.now()
  const end = await runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 600_000,
    maxBytes: 1e9,
    signal,
    onLine: (line) => {
      if (!line.startsWith('#')) frames++
    },
  })
  const seconds = (performance.now() - startedAtMs) / 1000
  if (end.code !== 0 || frames === 0)
    throw new EdgeError(
      'ffmpeg_failed',
      `${path} could not be decoded: ${end.errors.slice(0, 3).join(' / ')}`,
    )
  return { seconds, frames }
}

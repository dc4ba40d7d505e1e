import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, fileUrl, framePipe } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'

/** A part of a picture in whole pixels, and the JPEG that it becomes. */
export interface Crop {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly output: string
}

/** So many files are open at once. */
const mostOutputs = 32

/**
 * Writes parts of one picture (planes G, B, R) as JPEG files of full colour resolution, over what is there. The folders
 * must be there. Throws ffmpeg_failed.
 */
export async function writeCrops(
  tools: MediaTools,
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  crops: readonly Crop[],
  { signal }: Abortable = {},
): Promise<void> {
  for (let at = 0; at < crops.length; at += mostOutputs) {
    const some = crops.slice(at, at + mostOutputs)
    const end = await runToEnd({
      program: tools.ffmpeg.path,
      args: croppingArguments({ width, height }, some),
      stallMs: 60_000,
      maxBytes: 1e6,
      signal,
      feed: once(data),
      onLine: () => undefined,
    })
    if (end.code !== 0)
      throw new EdgeError('ffmpeg_failed', `${some.length} crops were not written: ${end.errors.join(' / ')}`)
  }
}

function croppingArguments(
  size: { readonly width: number; readonly height: number },
  crops: readonly Crop[],
): readonly string[] {
  const inputs = crops.map((_, index) => `[in${index}]`)
  const graph = [
    `[0:v]format=yuvj444p,split=${crops.length}${inputs.join('')}`,
    ...crops.map(
      ({ left, top, width, height }, index) =>
        `[in${index}]crop=${width}:${height}:${left}:${top}:exact=1[out${index}]`,
    ),
  ]
  const command = framePipe(size, 'gbrp').complexFilter(graph.join(';'))
  crops.forEach(({ output }, index) => {
    command
      .output(fileUrl(output))
      .outputOptions(['-map', `[out${index}]`, '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '2'])
      .outputOptions(['-fflags', '+bitexact', '-flags', '+bitexact', '-f', 'mjpeg'])
  })
  return argumentsOf(command)
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(data)
}

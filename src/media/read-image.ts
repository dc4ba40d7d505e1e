import { open } from 'node:fs/promises'
import { extname } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { fileUrl, maxPixels, maxSide } from './command.ts'
import { MediaProcess } from './media-process.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd } from './run-to-end.ts'
import { frameBytes, shapingFilters, type FrameShape } from './sampling-arguments.ts'
import { unreadable } from './unreadable.ts'

/** A still picture as a frame of the detector, and the size that it has in its file. */
export interface ShapedImage {
  readonly width: number
  readonly height: number
  /** A buffer of its own, safe to transfer. */
  readonly data: Uint8Array
}

export interface ImageRequest {
  /** The frame that a picture of this size is to become. */
  readonly shapeFor: (size: { readonly width: number; readonly height: number }) => FrameShape
}

const extensions = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.mpo'])

/** True for what is a still picture by its name. */
export function isImage(path: string): boolean {
  return extensions.has(extname(path).toLowerCase())
}

/** The first bytes of each kind, and the demuxer that reads it: named, so that no other is tried on a hostile file. */
const kinds: readonly (readonly [magic: RegExp, demuxer: string])[] = [
  [/^\xff\xd8\xff/, 'jpeg_pipe'],
  [/^\x89PNG\r\n/, 'png_pipe'],
  [/^BM/, 'bmp_pipe'],
  [/^RIFF[^]{4}WEBP/, 'webp_pipe'],
  [/^(II\*\0|MM\0\*)/, 'tiff_pipe'],
]

/**
 * Decodes a JPEG, PNG, BMP, WebP or TIFF file and letterboxes it as `sampleFrames` does. A turn that a JPEG asks for in
 * its EXIF data is not made. Throws media_unreadable.
 */
export async function readImage(
  tools: MediaTools,
  path: string,
  { shapeFor, signal }: ImageRequest & Abortable,
): Promise<ShapedImage> {
  const input = ['-protocol_whitelist', 'file,pipe', '-max_pixels', String(maxPixels)]
  const reading = [...input, '-f', await demuxerOf(path), '-i', fileUrl(path)]
  const size = await sizeOf(tools, path, reading, { signal })
  const shape = shapeFor(size)
  const filters = shapingFilters({ shape, video: size })
  const args = ['-nostdin', '-hide_banner', '-v', 'error', '-noautorotate', ...reading]
  const output = ['-map', '0:v:0', '-frames:v', '1', '-vf', filters, '-c:v', 'rawvideo', '-f', 'rawvideo']
  const child = new MediaProcess(tools.ffmpeg.path, [...args, ...output, 'pipe:1'], { signal })
  const data = new Uint8Array(frameBytes(shape))
  let filled = 0
  child.outputs[0]?.on('data', (chunk: Buffer) => {
    data.set(chunk.subarray(0, data.length - filled), filled)
    filled += chunk.length
  })
  const { errors } = await child.ended
  signal?.throwIfAborted()
  if (filled !== data.length)
    throw unreadable(path, 'unreadable', errors.slice(0, 3).join(' / ') || 'no picture can be decoded')
  return { ...size, data }
}

async function demuxerOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new EdgeError('path_missing', `${path} cannot be opened: ${String(cause)}`, { cause })
  })
  try {
    const head = Buffer.alloc(16)
    await file.read(head, 0, head.length, 0)
    const found = kinds.find(([magic]) => magic.test(head.toString('latin1')))
    if (found !== undefined) return found[1]
  } finally {
    await file.close()
  }
  throw unreadable(path, 'unreadable', 'it is none of JPEG, PNG, BMP, WebP and TIFF')
}

async function sizeOf(
  tools: MediaTools,
  path: string,
  reading: readonly string[],
  { signal }: Abortable,
): Promise<{ readonly width: number; readonly height: number }> {
  const lines: string[] = []
  const end = await runToEnd({
    program: tools.ffprobe.path,
    args: [
      '-hide_banner',
      '-v',
      'error',
      '-show_entries',
      'stream=width,height',
      '-of',
      'csv=p=0',
      ...reading,
    ],
    stallMs: 30_000,
    maxBytes: 10_000,
    signal,
    onLine: (line) => lines.push(line),
  })
  const [width = 0, height = 0] = (lines[0] ?? '').split(',').map(Number)
  if (!(width > 0 && height > 0))
    throw unreadable(path, 'unreadable', end.errors.slice(0, 3).join(' / ') || 'it has no picture')
  if (width * height > maxPixels || Math.max(width, height) > maxSide)
    throw unreadable(path, 'limit_exceeded', `a picture of ${width}x${height}`)
  return { width, height }
}

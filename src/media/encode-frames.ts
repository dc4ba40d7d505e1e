import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, fileUrl, inputLimits, isBeforeRename, passEveryFrame, readingPipe } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { rawMatroskaHead, rawMatroskaPicture } from './raw-matroska.ts'
import { runToEnd, type RunEnd } from './run-to-end.ts'

export interface TimedPicture {
  /** From 0 on, ascending. */
  readonly seconds: number
  /** yuv420p. */
  readonly data: Uint8Array
}

export interface EncodeRequest {
  /** Even. */
  readonly width: number
  readonly height: number
  readonly pictures: AsyncIterable<TimedPicture>
  readonly codec: 'h264' | 'hevc'
  /** A file whose first audio stream is copied beside the pictures. */
  readonly audio: string | undefined
  readonly target: string
}

/** Encodes pictures, each at its own time, into a faststart MP4 without metadata. Throws ffmpeg_failed. */
export async function encodeFrames(
  tools: MediaTools,
  request: EncodeRequest,
  { signal }: Abortable = {},
): Promise<void> {
  const end: RunEnd = await runToEnd({
    program: tools.ffmpeg.path,
    args: encodingArguments(tools, request),
    // x265 of large pictures looks at many before it writes the first
    stallMs: 300_000,
    maxBytes: 1e6,
    mostMemoryBytes: Infinity,
    signal,
    feed: matroskaOf(request, tools),
    onLine: () => undefined,
  })
  if (end.code === 0) return
  throw new EdgeError('ffmpeg_failed', `a clip could not be encoded: ${end.errors.join(' / ')}`)
}

async function* matroskaOf(
  { width, height, pictures }: EncodeRequest,
  { ffmpeg }: MediaTools,
): AsyncGenerator<Uint8Array> {
  yield rawMatroskaHead({ width, height })
  let last: TimedPicture | undefined
  let step = 0.04
  for await (const picture of pictures) {
    if (last !== undefined) step = picture.seconds - last.seconds
    last = picture
    yield rawMatroskaPicture(picture.seconds, picture.data.length)
    yield picture.data
  }
  // builds before 5.1 give the last frame no length, and their edit list then takes it away: so it comes twice
  if (last === undefined || !isBeforeRename(ffmpeg.version)) return
  yield rawMatroskaPicture(last.seconds + step, last.data.length)
  yield last.data
}

function encodingArguments(
  { ffmpeg }: MediaTools,
  { codec, audio, target }: EncodeRequest,
): readonly string[] {
  const command = readingPipe()
  if (audio !== undefined) command.input(fileUrl(audio)).inputOptions(inputLimits())
  command
    .output(fileUrl(target))
    .outputOptions(['-map', '0:V:0', ...(audio === undefined ? [] : ['-map', '1:a:0', '-c:a', 'copy'])])
    .outputOptions([...encoderOptions(codec), ...passEveryFrame(ffmpeg.version)])
    .outputOptions(['-enc_time_base', '1:90000', '-video_track_timescale', '90000'])
    .outputOptions(['-map_metadata', '-1', '-map_chapters', '-1', '-strict', '-2'])
    .outputOptions(['-avoid_negative_ts', 'make_zero', '-fflags', '+bitexact', '-flags:v', '+bitexact'])
    .outputOptions(['-movflags', '+faststart', '-f', 'mp4'])
  return argumentsOf(command)
}

function encoderOptions(codec: EncodeRequest['codec']): readonly string[] {
  const common = ['-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '60']
  return codec === 'h264'
    ? ['-c:v', 'libx264', '-crf', '20', ...common]
    : ['-c:v', 'libx265', '-crf', '22', ...common, '-tag:v', 'hvc1', '-x265-params', 'log-level=error']
}

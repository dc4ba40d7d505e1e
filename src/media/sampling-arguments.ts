import { argumentsOf, passEveryFrame, readingCommand, seekTo, seekToDecode } from './command.ts'
import { letterbox } from './letterbox.ts'
import type { MediaTool } from './media-tools.ts'
import type { VideoInfo } from './probe-video.ts'

/** Frames as the detector takes them: planes G, B, R in full, or Y in full and U, V in half of each side. */
export interface FrameShape {
  readonly width: number
  readonly height: number
  readonly pixelFormat: 'gbrp' | 'yuv420p'
}

interface SampleOf {
  readonly shape: FrameShape
  readonly video: VideoInfo
  /** Which part of the footage; all of it when left out. */
  readonly part?: FootagePart | undefined
  readonly decoding?: Decoding | undefined
}

/** Frames of PTS from `fromSeconds` up to, and without, `toSeconds`. */
export interface FootagePart {
  readonly fromSeconds?: number | undefined
  readonly toSeconds?: number | undefined
  /**
   * Where to begin reading: a keyframe from which `fromSeconds` comes out whole, or the start of the file. Found with a
   * margin when left out.
   */
  readonly seekSeconds?: number | 'start' | undefined
}

/** What the decoder may leave out to be faster. */
export interface Decoding {
  /** Decoder threads; one for each core, at most four, when left out. */
  readonly threads?: number | undefined
  /** Blocks of H.264 and H.265 keep their edges: a little less picture, a quarter less time. */
  readonly skipLoopFilter?: boolean | undefined
  /** `unreferenced`: frames that no other is predicted from (most B-frames). `all but keyframes`: what it says. */
  readonly leaveOut?: 'unreferenced' | 'all but keyframes' | undefined
  /** How far before the end of the footage the last frame may lie; two seconds, or five frames, when left out. */
  readonly lastFrameWithinSeconds?: number | undefined
}

/** By time: at most `fps` frames a second of footage. */
interface SampleByTime extends SampleOf {
  readonly fps: number
  readonly stride?: never
}

/** By count: the first frame and every `stride`th after it; 1 is every frame. */
interface SampleByCount extends SampleOf {
  readonly stride: number
  readonly fps?: never
}

export type SampleRequest = SampleByTime | SampleByCount

/** The pieces of the time line of which one frame each is taken. The same formula is in the filter below. */
export function slotOf(seconds: number, fps: number): number {
  return Math.floor(seconds * fps + 1e-6)
}

/**
 * The filters that pick frames: those that `ordered` lets through are counted as decoded, `picked` chooses among them;
 * after that comes the picture. The end of the part ends the decoding.
 */
export function pickingFilters(request: SampleRequest): {
  readonly ordered: string
  readonly picked: string
} {
  const { fromSeconds, toSeconds } = request.part ?? {}
  const end = toSeconds === undefined ? '' : `,trim=end_pts=${Math.round(toSeconds * 1e6)}`
  const from = fromSeconds === undefined ? '' : `gte(pts,${Math.round(fromSeconds * 1e6)})*`
  if (request.stride !== undefined) {
    const { stride } = request
    if (!(Number.isInteger(stride) && stride >= 1)) throw new RangeError(`no frame is the ${stride}th`)
    if (stride > 1 && fromSeconds !== undefined)
      throw new RangeError('frames are counted from the beginning of the file')
    // counted is every frame, so one whose time stamp repeats or goes back is moved a microsecond on instead of left out
    const ordered =
      "settb=1/1000000,setpts='if(isnan(PREV_OUTPTS),if(isnan(PTS),0,PTS)," +
      "if(gt(PTS,PREV_OUTPTS),PTS,PREV_OUTPTS+1))'"
    return { ordered: ordered + end, picked: `select='${from}not(mod(n,${stride}))'` }
  }
  const { fps } = request
  if (!(fps > 0 && fps <= 1000)) throw new RangeError(`${fps} frames a second cannot be sampled`)
  const slot = (time: string): string => `floor(${time}*${fps}+0.000001)`
  const isNext = `isnan(prev_selected_t)+gt(${slot('t')},${slot('prev_selected_t')})`
  return {
    // a time stamp that repeats or goes back is no new frame
    ordered: `settb=1/1000000,select='isnan(prev_selected_pts)+gt(pts,prev_selected_pts)'${end}`,
    picked: `select='${from}(${isNext})'`,
  }
}

/** The reading command of a request: where to begin, and what the decoder may leave out. */
export function decodingCommand(path: string, { video, part = {}, decoding = {} }: SampleRequest) {
  const { fromSeconds, seekSeconds } = part
  const { threads, skipLoopFilter, leaveOut } = decoding
  const seek =
    seekSeconds === 'start' || (seekSeconds === undefined && fromSeconds === undefined)
      ? []
      : seekSeconds === undefined
        ? seekToDecode(video, fromSeconds ?? 0)
        : seekTo(seekSeconds)
  const skips = [
    ...(skipLoopFilter === true ? ['-skip_loop_filter', 'all'] : []),
    ...(leaveOut === undefined ? [] : ['-skip_frame', leaveOut === 'unreferenced' ? 'noref' : 'nokey']),
  ]
  return readingCommand(path, [...skips, '-copyts', ...seek], { threads })
}

/** The filters that make a frame of the shape out of a picture. */
export function shapingFilters({
  shape,
  video,
}: Pick<SampleOf, 'shape'> & {
  readonly video: { readonly width: number; readonly height: number }
}): string {
  const { scaledWidth, scaledHeight, padX, padY } = letterbox(video, shape)
  return (
    `scale=${scaledWidth}:${scaledHeight}:flags=area,` +
    `pad=${shape.width}:${shape.height}:${padX}:${padY}:color=0x727272,format=${shape.pixelFormat}`
  )
}

/**
 * Three outputs of one filter graph: the time stamps of every decoded frame, those of the picked frames, and the picked
 * frames. The time stamps go through `wrapped_avframe`, which copies no pixels, and come before their frame.
 */
export function samplingArguments(
  ffmpeg: MediaTool,
  path: string,
  request: SampleRequest,
): readonly string[] {
  const { ordered, picked } = pickingFilters(request)
  const graph = [
    `[0:V:0]${ordered},split=2[all][rest]`,
    `[rest]${picked},${shapingFilters(request)},split=2[times][frames]`,
  ].join(';')
  const times = [
    '-c:v',
    'wrapped_avframe',
    '-enc_time_base',
    '1:1000000',
    '-flush_packets',
    '1',
    '-f',
    'framecrc',
  ]
  const sync = passEveryFrame(ffmpeg.version)
  const command = decodingCommand(path, request).complexFilter(graph)
  command.output('pipe:4').outputOptions(['-map', '[all]', ...sync, ...times])
  command.output('pipe:3').outputOptions(['-map', '[times]', ...sync, ...times])
  command.output('pipe:1').outputOptions(['-map', '[frames]', ...sync, '-c:v', 'rawvideo', '-f', 'rawvideo'])
  return argumentsOf(command)
}

/** Bytes of one frame of a shape. */
export function frameBytes({ width, height, pixelFormat }: FrameShape): number {
  return width * height * (pixelFormat === 'gbrp' ? 3 : 1.5)
}

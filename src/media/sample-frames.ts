import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { argumentsOf, passEveryFrame, readingCommand, seekToDecode } from './command.ts'
import { FramecrcReader, readFramecrc } from './framecrc.ts'
import { FrameQueue, type QueuedFrame } from './frame-queue.ts'
import { letterbox } from './letterbox.ts'
import { MediaProcess, type ProcessEnd } from './media-process.ts'
import type { MediaTool, MediaTools } from './media-tools.ts'
import type { VideoInfo } from './probe-video.ts'

/** Frames as the detector takes them: planes G, B, R in full, or Y in full and U, V in half of each side. */
export interface FrameShape {
  readonly width: number
  readonly height: number
  readonly pixelFormat: 'gbrp' | 'yuv420p'
}

export interface SampledFrame {
  /** Counted from 0. With a stride, frame `index * stride` of the file. */
  readonly index: number
  /** The frame's own PTS in the file. */
  readonly seconds: number
  /** A buffer of its own, safe to transfer. */
  readonly data: Uint8Array
}

export interface DecodeSummary {
  /** Frames handed out. */
  readonly frames: number
  /** PTS of the last frame that was decoded, whether handed out or not: how far the file could be read. */
  readonly lastSeconds: number | null
  readonly errors: readonly string[]
  /** The decoder came to the end of the footage; errors on the way do not change that. */
  readonly complete: boolean
}

interface SampleOf {
  readonly shape: FrameShape
  readonly video: VideoInfo
}

/** By time: at most `fps` frames a second of footage, none before the PTS `fromSeconds`. */
interface SampleByTime extends SampleOf {
  readonly fps: number
  readonly stride?: never
  readonly fromSeconds?: number
}

/** By count: the first frame and every `stride`th after it; 1 is every frame. */
interface SampleByCount extends SampleOf {
  readonly stride: number
  readonly fps?: never
  readonly fromSeconds?: never
}

export type SampleRequest = SampleByTime | SampleByCount

export interface SampleOptions extends Abortable {
  /** The decoder is given up when it brings nothing for this long while it is waited for; 30 s unless told. */
  readonly stallMs?: number
}

/**
 * Decodes and hands out the first frame and then the first of every 1/fps of the file's time line, or every `stride`th
 * frame of the file, letterboxed (grey 114) to the shape, with its own PTS. ffmpeg starts with the loop, waits for the reader, and is killed and waited for
 * when the loop is left or the signal aborts (which throws its reason). Decode errors do not throw: the frames end and
 * `summary` tells; it settles when the loop is over. Throws ffmpeg_failed when ffmpeg cannot be started.
 */
export function sampleFrames(
  tools: MediaTools,
  path: string,
  request: SampleRequest,
  options: SampleOptions = {},
): { readonly frames: AsyncIterable<SampledFrame>; readonly summary: Promise<DecodeSummary> } {
  const args = samplingArguments(tools.ffmpeg, path, request)
  let settle: (summary: DecodeSummary) => void = () => undefined
  const summary = new Promise<DecodeSummary>((resolve) => {
    settle = resolve
  })
  let isTaken = false
  const frames: AsyncIterable<SampledFrame> = {
    [Symbol.asyncIterator]: () => {
      if (isTaken) throw new TypeError('the frames of a video can be walked once')
      isTaken = true
      return new Sampling(tools.ffmpeg, { args, request, options, settle }).run()
    },
  }
  return { frames, summary }
}

/** The pieces of the time line of which one frame each is taken. The same formula is in the filter below. */
function slotOf(seconds: number, fps: number): number {
  return Math.floor(seconds * fps + 1e-6)
}

/** The filters that pick frames, before and after those that are counted go to `[all]`; after them comes the picture. */
export function pickingFilters(request: SampleRequest): {
  readonly ordered: string
  readonly picked: string
} {
  if (request.stride !== undefined) {
    const { stride } = request
    if (!(Number.isInteger(stride) && stride >= 1)) throw new RangeError(`no frame is the ${stride}th`)
    // counted is every frame, so one whose time stamp repeats or goes back is moved a microsecond on instead of left out
    const ordered =
      "settb=1/1000000,setpts='if(isnan(PREV_OUTPTS),if(isnan(PTS),0,PTS)," +
      "if(gt(PTS,PREV_OUTPTS),PTS,PREV_OUTPTS+1))'"
    return { ordered, picked: `select='not(mod(n,${stride}))'` }
  }
  const { fps, fromSeconds } = request
  if (!(fps > 0 && fps <= 1000)) throw new RangeError(`${fps} frames a second cannot be sampled`)
  const from = Math.round((fromSeconds ?? -1e9) * 1e6)
  const slot = (time: string): string => `floor(${time}*${fps}+0.000001)`
  const isNext = `isnan(prev_selected_t)+gt(${slot('t')},${slot('prev_selected_t')})`
  return {
    // a time stamp that repeats or goes back is no new frame
    ordered: "settb=1/1000000,select='isnan(prev_selected_pts)+gt(pts,prev_selected_pts)'",
    picked: `select='gte(pts,${from})*(${isNext})'`,
  }
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
function samplingArguments(ffmpeg: MediaTool, path: string, request: SampleRequest): readonly string[] {
  const { video, fromSeconds } = request
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
  const seek = fromSeconds === undefined ? [] : seekToDecode(video, fromSeconds)
  const command = readingCommand(path, ['-copyts', ...seek]).complexFilter(graph)
  command.output('pipe:4').outputOptions(['-map', '[all]', ...sync, ...times])
  command.output('pipe:3').outputOptions(['-map', '[times]', ...sync, ...times])
  command.output('pipe:1').outputOptions(['-map', '[frames]', ...sync, '-c:v', 'rawvideo', '-f', 'rawvideo'])
  return argumentsOf(command)
}

interface SamplingInit {
  readonly args: readonly string[]
  readonly request: SampleRequest
  readonly options: SampleOptions
  readonly settle: (summary: DecodeSummary) => void
}

/** One walk over the frames of one file. */
class Sampling {
  readonly #ffmpeg: MediaTool
  readonly #init: SamplingInit
  #handedOut = 0
  #lastSeconds: number | null = null
  #lastProgressMs = 0

  constructor(ffmpeg: MediaTool, init: SamplingInit) {
    this.#ffmpeg = ffmpeg
    this.#init = init
  }

  async *run(): AsyncGenerator<SampledFrame, void, undefined> {
    const { signal } = this.#init.options
    let child: MediaProcess | undefined
    let isWalkedOut = false
    try {
      child = new MediaProcess(this.#ffmpeg.path, this.#init.args, { channels: 2, signal })
      const queue = this.#connect(child)
      yield* this.#frames(child, queue)
      signal?.throwIfAborted()
      isWalkedOut = true
      if (queue.unpaired > 0) child.complain('the last frame was cut off')
    } finally {
      const end = isWalkedOut ? await child?.ended : await child?.stop()
      this.#init.settle(this.#summary(end))
    }
  }

  #connect(child: MediaProcess): FrameQueue {
    const [stdout, times, allTimes] = child.outputs
    if (stdout === undefined || times === undefined || allTimes === undefined)
      throw new EdgeError('ffmpeg_failed', `${this.#ffmpeg.path} could not be given its pipes`)
    const queue = new FrameQueue({ stdout, times, frameBytes: frameBytes(this.#init.request.shape) })
    const progress = (): void => {
      this.#lastProgressMs = performance.now()
    }
    for (const output of child.outputs) output.on('data', progress)
    readFramecrc(
      allTimes,
      new FramecrcReader((seconds) => {
        if (seconds !== undefined) this.#lastSeconds = seconds
      }),
    )
    return queue
  }

  async *#frames(child: MediaProcess, queue: FrameQueue): AsyncGenerator<SampledFrame, void, undefined> {
    let lastSlot = -Infinity
    for (;;) {
      const frame = await this.#next(child, queue)
      this.#init.options.signal?.throwIfAborted()
      if (frame === undefined) return
      const { seconds, data } = frame
      if (seconds === undefined) {
        child.complain('a frame without a time stamp was left out')
        continue
      }
      const { fps } = this.#init.request
      // where the picture size changes ffmpeg builds its filters anew, and they forget what they picked
      if (fps !== undefined && slotOf(seconds, fps) <= lastSlot) continue
      if (fps !== undefined) lastSlot = slotOf(seconds, fps)
      yield { index: this.#handedOut++, seconds, data }
    }
  }

  /** Waits for a frame; a child that shows no sign of decoding meanwhile is stopped. */
  async #next(child: MediaProcess, queue: FrameQueue): Promise<QueuedFrame | undefined> {
    const { stallMs = 30_000 } = this.#init.options
    this.#lastProgressMs = performance.now()
    const watch = setInterval(
      () => {
        if (performance.now() - this.#lastProgressMs < stallMs) return
        child.complain(`no frame for ${stallMs / 1000} s`)
        void child.stop()
      },
      Math.min(1000, stallMs / 4),
    )
    try {
      return await queue.next()
    } finally {
      clearInterval(watch)
    }
  }

  #summary(end: ProcessEnd | undefined): DecodeSummary {
    const { video } = this.#init.request
    const shortBy = video.startSeconds + video.durationSeconds - (this.#lastSeconds ?? video.startSeconds)
    // the last frame may be shown for long, so its PTS is not the end
    const tolerance = Math.max(2, video.frameRate > 0 ? 5 / video.frameRate : 0)
    const hasEnded = end?.code === 0 && !end.stopped
    const isShort = this.#lastSeconds === null || shortBy > tolerance
    const errors = [...(end?.errors ?? [])]
    if (hasEnded && isShort)
      errors.push(`the frames end ${shortBy.toFixed(1)} s before the end that the header tells`)
    else if (!hasEnded && end?.stopped === false)
      errors.push(`ffmpeg ended with ${String(end.code ?? end.signal)}`)
    return { frames: this.#handedOut, lastSeconds: this.#lastSeconds, errors, complete: hasEnded && !isShort }
  }
}

/** Bytes of one frame of a shape. */
export function frameBytes({ width, height, pixelFormat }: FrameShape): number {
  return width * height * (pixelFormat === 'gbrp' ? 3 : 1.5)
}

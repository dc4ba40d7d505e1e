import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { FramecrcReader, readFramecrc } from './framecrc.ts'
import { FrameQueue, type QueuedFrame } from './frame-queue.ts'
import { MediaProcess, type ProcessEnd } from './media-process.ts'
import type { MediaTool, MediaTools } from './media-tools.ts'
import { frameBytes, samplingArguments, slotOf } from './sampling-arguments.ts'
import type { SampleRequest } from './sampling-arguments.ts'

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
    const { video, part, decoding } = this.#init.request
    const endSeconds = Math.min(video.startSeconds + video.durationSeconds, part?.toSeconds ?? Infinity)
    const shortBy = endSeconds - (this.#lastSeconds ?? video.startSeconds)
    // the last frame may be shown for long, so its PTS is not the end
    const tolerance =
      decoding?.lastFrameWithinSeconds ?? Math.max(2, video.frameRate > 0 ? 5 / video.frameRate : 0)
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

import type { Readable } from 'node:stream'
import { FramecrcReader, readFramecrc } from './framecrc.ts'

export interface QueuedFrame {
  readonly data: Uint8Array
  /** Undefined for a frame without a time stamp. */
  readonly seconds: number | undefined
}

export interface FrameStreams {
  readonly stdout: Readable
  readonly times: Readable
  readonly frameBytes: number
}

/** Frames that wait for their reader before the child's stdout is no longer read. */
const readAhead = 6
/** Frames that may wait for their time stamps. ffmpeg writes the time first, but a decoder may hand out several at once. */
const unpairedLimit = 64

/**
 * Joins the two streams of a sampling ffmpeg: raw frames of one size on stdout, and their time stamps on a channel of
 * their own. Both come out of the same filter, so the n-th time belongs to the n-th frame.
 */
export class FrameQueue {
  readonly #stdout: Readable
  readonly #frameBytes: number
  readonly #frames: Uint8Array[] = []
  readonly #times: (number | undefined)[] = []
  #partial: Uint8Array<ArrayBuffer>
  #filled = 0
  #open = 2
  #wake: (() => void) | undefined

  constructor({ stdout, times, frameBytes }: FrameStreams) {
    this.#stdout = stdout
    this.#frameBytes = frameBytes
    this.#partial = new Uint8Array(frameBytes)
    const reader = new FramecrcReader((seconds) => {
      this.#times.push(seconds)
      this.#changed()
    })
    readFramecrc(times, reader)
    stdout.on('data', (chunk: Buffer) => {
      this.#push(chunk)
    })
    for (const stream of [stdout, times])
      stream.once('close', () => {
        this.#open -= 1
        this.#changed()
      })
  }

  /** The next frame with its time, or undefined at the end. One reader at a time. */
  async next(): Promise<QueuedFrame | undefined> {
    while (!this.#isPaired && this.#open > 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (!this.#isPaired) return undefined
    const data = this.#frames.shift()
    const seconds = this.#times.shift()
    this.#changed()
    return data === undefined ? undefined : { data, seconds }
  }

  /** Whole frames or times without their counterpart at the end: something was cut off between the two. */
  get unpaired(): number {
    return Math.max(this.#frames.length, this.#times.length)
  }

  get #isPaired(): boolean {
    return this.#frames.length > 0 && this.#times.length > 0
  }

  #push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      const part = chunk.subarray(at, at + this.#frameBytes - this.#filled)
      this.#partial.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled < this.#frameBytes) continue
      this.#frames.push(this.#partial)
      this.#partial = new Uint8Array(this.#frameBytes)
      this.#filled = 0
    }
    this.#changed()
  }

  /** Reads on only while few frames wait; ffmpeg then stands still in its write, which is the back-pressure. */
  #changed(): void {
    const paired = Math.min(this.#frames.length, this.#times.length)
    const isFull = paired >= readAhead || this.#frames.length >= unpairedLimit
    if (isFull) this.#stdout.pause()
    else if (this.#stdout.isPaused()) this.#stdout.resume()
    if (this.#isPaired || this.#open === 0) this.#wake?.()
  }
}

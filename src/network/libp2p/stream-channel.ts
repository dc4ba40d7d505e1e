import type { Stream } from '@libp2p/interface'
import { EdgeError } from '../../domain/index.ts'
import { brokeOff } from '../rpc/index.ts'
import type { Channel } from '../rpc/index.ts'
import { encodeFrame, FrameReader } from './frames.ts'

/** A channel over one libp2p stream. It reads ahead at most one message of the stream (a yamux window) and pauses it. */
export class StreamChannel implements Channel {
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #broken = new AbortController()
  readonly #bodies: Uint8Array[] = []
  #malformed: EdgeError | undefined
  #isOtherEnded = false
  #isResuming = false
  #wakeReader: (() => void) | undefined

  constructor(stream: Stream, maxBytes: number) {
    this.#stream = stream
    this.#reader = new FrameReader(maxBytes)
    stream.addEventListener('end', () => {
      this.#onEnd()
    })
    stream.addEventListener('close', ({ error }) => {
      if (error !== undefined) this.#break(brokeOff('the other node broke off', error))
      else if (stream.readBufferLength === 0) this.#onEnd()
    })
    stream.addEventListener('message', ({ data }) => {
      this.#onData(data)
    })
    if (stream.readableEnded) this.#onEnd()
    else if (stream.status === 'aborted' || stream.status === 'reset')
      this.#break(brokeOff('the stream was closed at once'))
  }

  get broken(): AbortSignal {
    return this.#broken.signal
  }

  async send(body: Uint8Array): Promise<void> {
    this.#broken.signal.throwIfAborted()
    try {
      this.#stream.send(encodeFrame(body))
    } catch (error) {
      const reason = brokeOff('the stream takes no more', error)
      this.abort(reason)
      throw reason
    }
    await this.#untilFlushed()
  }

  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      const body = this.#bodies.shift()
      if (body !== undefined) return body
      if (this.#malformed !== undefined) throw this.#malformed
      this.#broken.signal.throwIfAborted()
      if (this.#isOtherEnded) {
        if (this.#reader.isBetweenFrames) return undefined
        throw new EdgeError('rpc_protocol', 'a frame was cut short')
      }
      const more = new Promise<void>((resolve) => (this.#wakeReader = resolve))
      this.#resume()
      await more
    }
  }

  async end(): Promise<void> {
    this.#broken.signal.throwIfAborted()
    try {
      await this.#stream.close({ signal: this.#broken.signal })
    } catch (error) {
      this.#broken.signal.throwIfAborted()
      throw brokeOff('the stream could not be ended', error)
    }
  }

  abort(reason: Error): void {
    if (this.#broken.signal.aborted || this.#stream.status === 'closed') return
    this.#bodies.length = 0
    this.#break(reason)
    this.#stream.abort(reason)
  }

  #onData(data: Uint8Array | Iterable<Uint8Array>): void {
    if (this.#malformed !== undefined) return
    try {
      if (data instanceof Uint8Array) this.#bodies.push(...this.#reader.push(data))
      else for (const chunk of data) this.#bodies.push(...this.#reader.push(chunk))
    } catch (error) {
      this.#malformed = EdgeError.from(error)
    }
    this.#pause()
    if (this.#hasNews()) this.#wakeReader?.()
  }

  #hasNews(): boolean {
    return this.#bodies.length > 0 || this.#malformed !== undefined
  }

  #pause(): void {
    if (!this.#isResuming && this.#hasNews() && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /**
   * Resuming emits what was held back and only then opens the window again, even if it was paused in between: the
   * other end would go on sending until the read buffer overflows. So the pause comes after.
   */
  #resume(): void {
    if (this.#stream.readStatus !== 'paused') return
    this.#isResuming = true
    try {
      this.#stream.resume()
    } finally {
      this.#isResuming = false
    }
    this.#pause()
  }

  #onEnd(): void {
    this.#isOtherEnded = true
    this.#wakeReader?.()
  }

  #break(reason: Error): void {
    if (this.#broken.signal.aborted) return
    this.#broken.abort(reason)
    this.#wakeReader?.()
  }

  /** Until the muxer took everything. `onDrain` alone is not enough: it resolves while the rest of a long frame still waits. */
  async #untilFlushed(): Promise<void> {
    const stream = this.#stream
    const isFlushed = (): boolean => stream.writeBufferLength === 0 && !stream.writableNeedsDrain
    while (!isFlushed()) {
      this.#broken.signal.throwIfAborted()
      await this.#oneOf(['idle', 'drain', 'close'])
    }
    this.#broken.signal.throwIfAborted()
  }

  #oneOf(events: readonly ('idle' | 'drain' | 'close')[]): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of events) this.#stream.removeEventListener(event, done)
        resolve()
      }
      for (const event of events) this.#stream.addEventListener(event, done)
    })
  }
}

import { EdgeError } from '../../domain/index.ts'
import type { Channel } from './channel.ts'

/** A sender waits while the other end has this many bytes unread. */
const highWaterBytes = 65_536

/** What channels of one connection run over, in this process: `silence` loses nothing but delivers nothing either. */
export interface Wire {
  deliver(action: () => void): void
  /** From now on nothing arrives, at neither end, until `resume`. */
  silence(): void
  resume(): void
  /** Breaks every channel that runs over it. */
  break(): void
  /** Aborted by `break`. */
  readonly broken: AbortSignal
}

export function createWire(): Wire {
  const broken = new AbortController()
  let held: (() => void)[] | undefined
  return {
    broken: broken.signal,
    deliver(action) {
      if (held === undefined) action()
      else held.push(action)
    },
    silence() {
      held ??= []
    },
    resume() {
      const actions = held ?? []
      held = undefined
      for (const action of actions) action()
    },
    break() {
      held = undefined
      broken.abort(brokeOff('the connection was lost'))
    },
  }
}

/** The error of a channel that the other end or the network broke. */
export function brokeOff(message: string, cause?: unknown): EdgeError {
  return new EdgeError('rpc_failed', message, cause === undefined ? {} : { cause })
}

/** Both ends of one channel in this process: the caller’s and the answerer’s. */
export function channelPair(
  wire: Wire,
  limits: { readonly callerMaxBytes: number; readonly answererMaxBytes: number },
): readonly [Channel, Channel] {
  const caller = new PairedChannel(wire, limits.callerMaxBytes)
  const answerer = new PairedChannel(wire, limits.answererMaxBytes)
  caller.join(answerer)
  answerer.join(caller)
  return [caller, answerer]
}

class PairedChannel implements Channel {
  readonly #wire: Wire
  readonly #maxBytes: number
  readonly #broken = new AbortController()
  readonly #frames: Uint8Array[] = []
  #other!: PairedChannel
  /** Sent by the other end and not yet received here. */
  #unreadBytes = 0
  #isEnded = false
  #isOtherEnded = false
  #wakeReader: (() => void) | undefined
  readonly #wakeWriters = new Set<() => void>()

  constructor(wire: Wire, maxBytes: number) {
    this.#wire = wire
    this.#maxBytes = maxBytes
    if (wire.broken.aborted) this.#break(wire.broken.reason as Error)
    wire.broken.addEventListener('abort', this.#onWireBroken)
  }

  get broken(): AbortSignal {
    return this.#broken.signal
  }

  join(other: PairedChannel): void {
    this.#other = other
  }

  async send(body: Uint8Array): Promise<void> {
    const other = this.#other
    this.#broken.signal.throwIfAborted()
    if (this.#isEnded) throw new EdgeError('internal', 'a frame was sent after the end')
    other.#unreadBytes += body.length
    this.#wire.deliver(() => {
      other.#take(body)
    })
    while (other.#unreadBytes >= highWaterBytes && !this.#broken.signal.aborted)
      await new Promise<void>((resolve) => other.#wakeWriters.add(resolve))
    this.#broken.signal.throwIfAborted()
  }

  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) return this.#read(frame)
      this.#broken.signal.throwIfAborted()
      if (this.#isOtherEnded) return undefined
      await new Promise<void>((resolve) => (this.#wakeReader = resolve))
    }
  }

  end(): Promise<void> {
    if (!this.#isEnded) {
      this.#isEnded = true
      this.#wire.deliver(() => {
        this.#other.#onOtherEnded()
      })
      this.#releaseWhenOver()
    }
    return Promise.resolve()
  }

  abort(reason: Error): void {
    if (this.#broken.signal.aborted || this.#isOver()) return
    this.#frames.length = 0
    this.#break(reason)
    this.#wire.deliver(() => {
      this.#other.#break(brokeOff('the other node broke off'))
    })
  }

  #read(frame: Uint8Array): Uint8Array {
    this.#unreadBytes -= frame.length
    if (this.#unreadBytes < highWaterBytes) this.#wakeAllWriters()
    if (frame.length <= this.#maxBytes) return frame
    throw new EdgeError('rpc_protocol', `a frame has ${frame.length} bytes, the limit is ${this.#maxBytes}`)
  }

  #take(frame: Uint8Array): void {
    if (this.#broken.signal.aborted) return
    this.#frames.push(frame)
    this.#wakeReader?.()
  }

  #onOtherEnded(): void {
    this.#isOtherEnded = true
    this.#wakeReader?.()
    this.#releaseWhenOver()
  }

  readonly #onWireBroken = (): void => {
    this.#break(this.#wire.broken.reason as Error)
  }

  #isOver(): boolean {
    return this.#isEnded && this.#isOtherEnded
  }

  #releaseWhenOver(): void {
    if (this.#isOver()) this.#wire.broken.removeEventListener('abort', this.#onWireBroken)
  }

  #break(reason: Error): void {
    if (this.#broken.signal.aborted || this.#isOver()) return
    this.#wire.broken.removeEventListener('abort', this.#onWireBroken)
    this.#broken.abort(reason)
    this.#wakeReader?.()
    this.#wakeAllWriters()
    this.#other.#wakeAllWriters()
  }

  #wakeAllWriters(): void {
    const waiting = [...this.#wakeWriters]
    this.#wakeWriters.clear()
    for (const wake of waiting) wake()
  }
}

import { EdgeError } from '../../domain/index.ts'

/** Bytes of the length before each body, unsigned, the highest first. */
export const headerBytes = 4
/** The first memory for a body; it grows with what really arrives, so that a length alone costs nothing. */
const firstBytes = 4096

/** A body with its length before it, in memory of its own. */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytes + body.length)
  new DataView(frame.buffer).setUint32(0, body.length)
  frame.set(body, headerBytes)
  return frame
}

/** Cuts a stream of bytes into bodies. Holds at most one unfinished body of `maxBytes`, whatever comes in. */
export class FrameReader {
  readonly #maxBytes: number
  readonly #header = new Uint8Array(headerBytes)
  #headerLength = 0
  #body: Uint8Array | undefined
  #bodyLength = 0
  #filled = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** True between frames: an end here cuts nothing short. */
  get isBetweenFrames(): boolean {
    return this.#headerLength === 0
  }

  /** Copies the chunk and returns the bodies that it finishes. Throws `rpc_protocol` for a length of 0 or above the maximum. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bodies: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      at +=
        this.#body === undefined ? this.#takeHeader(chunk.subarray(at)) : this.#takeBody(chunk.subarray(at))
      const body = this.#finished()
      if (body !== undefined) bodies.push(body)
    }
    return bodies
  }

  #takeHeader(chunk: Uint8Array): number {
    const taken = chunk.subarray(0, headerBytes - this.#headerLength)
    this.#header.set(taken, this.#headerLength)
    this.#headerLength += taken.length
    if (this.#headerLength === headerBytes) this.#openBody(new DataView(this.#header.buffer).getUint32(0))
    return taken.length
  }

  #openBody(length: number): void {
    if (length === 0) throw new EdgeError('rpc_protocol', 'a frame is empty')
    if (length > this.#maxBytes)
      throw new EdgeError('rpc_protocol', `a frame has ${length} bytes, the limit is ${this.#maxBytes}`)
    this.#bodyLength = length
    this.#filled = 0
    this.#body = new Uint8Array(Math.min(length, firstBytes))
  }

  #takeBody(chunk: Uint8Array): number {
    const taken = chunk.subarray(0, this.#bodyLength - this.#filled)
    const body = this.#roomFor(this.#filled + taken.length)
    body.set(taken, this.#filled)
    this.#filled += taken.length
    return taken.length
  }

  #roomFor(bytes: number): Uint8Array {
    const body = this.#body ?? new Uint8Array(0)
    if (bytes <= body.length) return body
    const larger = new Uint8Array(Math.min(this.#bodyLength, Math.max(bytes, 2 * body.length)))
    larger.set(body)
    this.#body = larger
    return larger
  }

  #finished(): Uint8Array | undefined {
    const body = this.#body
    if (body === undefined || this.#filled < this.#bodyLength) return undefined
    this.#body = undefined
    this.#headerLength = 0
    return body
  }
}

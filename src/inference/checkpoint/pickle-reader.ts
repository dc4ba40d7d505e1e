import { CheckpointError } from './checkpoint-error.ts'

/** Reads the arguments of opcodes. Throws CheckpointError where the bytes end. */
export class PickleReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get position(): number {
    return this.#at
  }

  byte(): number {
    return this.take(1).readUInt8(0)
  }

  uint16(): number {
    return this.take(2).readUInt16LE(0)
  }

  uint32(): number {
    return this.take(4).readUInt32LE(0)
  }

  int32(): number {
    return this.take(4).readInt32LE(0)
  }

  double(): number {
    return this.take(8).readDoubleBE(0)
  }

  text(length: number): string {
    return this.take(length).toString('utf8')
  }

  /** Up to the next line feed, which is left out. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end === -1) throw new CheckpointError('its pickle is cut off')
    const text = this.text(end - this.#at)
    this.#at++
    return text
  }

  /** A little-endian two’s complement number of so many bytes. */
  long(length: number): number | bigint {
    let value = 0n
    const bytes = this.take(length)
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes.readUInt8(index))
    value = BigInt.asIntN(8 * length, value)
    return value >= -maxExact && value <= maxExact ? Number(value) : value
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new CheckpointError('its pickle is cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

const maxExact = BigInt(Number.MAX_SAFE_INTEGER)

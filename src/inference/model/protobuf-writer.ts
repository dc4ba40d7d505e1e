type Chunk = Uint8Array | (() => Uint8Array)

/**
 * Builds one protobuf message, field by field. Nested messages and data are joined only once, by `toBytes`; data that is
 * announced with its length is asked for only then, so that not everything need be in memory twice.
 */
export class ProtobufWriter {
  readonly #chunks: Chunk[] = []
  #length = 0

  varint(field: number, value: number): this {
    return this.#add(varint(field * 8)).#add(varint(value))
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#add(varint(field * 8 + 5)).#add(bytes)
  }

  text(field: number, text: string): this {
    return this.bytes(field, Buffer.from(text, 'utf8'))
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.#delimited(field, bytes.length).#add(bytes)
  }

  /** `make` must give `length` bytes. */
  laterBytes(field: number, length: number, make: () => Uint8Array): this {
    this.#delimited(field, length).#chunks.push(make)
    this.#length += length
    return this
  }

  message(field: number, message: ProtobufWriter): this {
    this.#delimited(field, message.#length)
    for (const chunk of message.#chunks) this.#chunks.push(chunk)
    this.#length += message.#length
    return this
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      const part = typeof chunk === 'function' ? chunk() : chunk
      bytes.set(part, at)
      at += part.length
    }
    if (at !== this.#length)
      throw new RangeError(`a message of ${at} bytes was announced with ${this.#length}`)
    return bytes
  }

  #delimited(field: number, length: number): this {
    return this.#add(varint(field * 8 + 2)).#add(varint(length))
  }

  #add(chunk: Uint8Array): this {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    return this
  }
}

/** A whole number from 0 as base-128 digits, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Uint8Array.from([...bytes, rest])
}

/** One field of a protobuf message: varints as bigint, length-delimited as a view, fixed widths as their raw bytes. */
export type ProtobufField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly kind: 'fixed'; readonly value: Uint8Array }

/** What is wrong with the bytes, and at which offset of the message it was found. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

/**
 * The fields of one message in the order in which they are written (protobuf wire format, encoding version 3).
 * Copies nothing. Throws ProtobufError for bytes that are cut off or are no protobuf.
 */
export function* readFields(bytes: Uint8Array): Generator<ProtobufField, void, undefined> {
  let at = 0
  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    at = tag.next
    const number = Number(tag.value >> 3n)
    if (number < 1) throw new ProtobufError(`field number 0 at byte ${at}`)
    const wireType = Number(tag.value & 7n)
    if (wireType === 0) {
      const { value, next } = readVarint(bytes, at)
      at = next
      yield { number, kind: 'varint', value }
    } else if (wireType === 1 || wireType === 5) {
      const value = take(bytes, at, wireType === 1 ? 8 : 4)
      at += value.length
      yield { number, kind: 'fixed', value }
    } else if (wireType === 2) {
      const { value: length, next } = readVarint(bytes, at)
      const value = take(bytes, next, Number(length))
      at = next + value.length
      yield { number, kind: 'bytes', value }
    } else {
      throw new ProtobufError(`wire type ${wireType} at byte ${at}`)
    }
  }
}

/** Text of a length-delimited field; throws ProtobufError when it is not UTF-8. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ProtobufError('text that is not UTF-8', { cause })
  }
}

function readVarint(bytes: Uint8Array, from: number): { value: bigint; next: number } {
  let value = 0n
  for (let index = 0; index < 10; index++) {
    const byte = bytes[from + index]
    if (byte === undefined) throw new ProtobufError(`cut off at byte ${bytes.length}`)
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: from + index + 1 }
  }
  throw new ProtobufError(`a number of more than 10 bytes at byte ${from}`)
}

function take(bytes: Uint8Array, from: number, length: number): Uint8Array {
  if (from + length > bytes.length) {
    throw new ProtobufError(
      `cut off: ${length} bytes announced at byte ${from}, ${bytes.length - from} there`,
    )
  }
  return bytes.subarray(from, from + length)
}

import { readFields } from './protobuf.ts'
import type { ProtobufField } from './protobuf.ts'

/** Bits of one element by ONNX’s number of its type (TensorProto.DataType of ONNX 1.16); strings are not in it. */
const elementBits: ReadonlyMap<number, number> = new Map([
  ...[4, 21, 22, 23].map((type) => [type, type === 4 ? 16 : 4] as const),
  ...[2, 3, 9, 17, 18, 19, 20].map((type) => [type, 8] as const),
  ...[5, 10, 16].map((type) => [type, 16] as const),
  ...[1, 6, 12].map((type) => [type, 32] as const),
  ...[7, 11, 13, 14].map((type) => [type, 64] as const),
  [15, 128] as const,
])

/** Larger than anything a detector works on; YOLOv5x6 at 1280 pixels stays below a tenth of it. */
const maxBytes = 2 ** 30

/** One sentence about “it” when a shape is no shape or would fill more than 1 GiB; free dimensions count as 1. */
export function absurdShape(
  what: string,
  dims: readonly (number | string | null)[],
  elementType: number,
): string | undefined {
  const shown = `[${dims.map((dim) => dim ?? '?').join(', ')}]`
  const sizes = dims.filter((dim) => typeof dim === 'number')
  if (sizes.some((size) => size < 0)) return `its ${what} has the shape ${shown}, with a negative dimension`
  const bytes = sizes.reduce((product, size) => product * size, (elementBits.get(elementType) ?? 8) / 8)
  if (bytes > maxBytes)
    return `its ${what} has the shape ${shown}, which takes ${(bytes / 2 ** 30).toPrecision(3)} GiB; 1 GiB is the most`
  return undefined
}

/** What a TensorProto says of itself. `elements` is how many numbers its shape stands for. */
export interface TensorSizes {
  readonly elementType: number
  readonly elements: number
  readonly absurdity: string | undefined
}

/** The fields of a TensorProto that hold numbers, and how many bytes one takes there; 0: numbers of varying length. */
const dataFields: ReadonlyMap<number, number> = new Map([
  [4, 4],
  [5, 0],
  [7, 0],
  [10, 8],
  [11, 0],
])

/** Compares a tensor’s shape with the data that is really there. */
export function measureTensor(tensor: Uint8Array, name: string): TensorSizes {
  const dims: number[] = []
  let elementType = 0
  let rawBytes: number | undefined
  let numbers = 0
  for (const field of readFields(tensor)) {
    if (field.number === 1) dims.push(...readInts(field))
    if (field.number === 2 && field.kind === 'varint') elementType = Number(field.value)
    if (field.number === 9 && field.kind === 'bytes') rawBytes = field.value.length
    const width = dataFields.get(field.number)
    if (width !== undefined) numbers += countNumbers(field, width)
  }
  const what = `tensor ${JSON.stringify(name.slice(0, 100))}`
  const elements = dims.reduce((product, dim) => product * dim, 1)
  const sizes = { elementType, elements }
  const shape = absurdShape(what, dims, elementType)
  if (shape !== undefined) return { ...sizes, absurdity: shape }
  const bits = elementBits.get(elementType)
  // Strings, and types that this ONNX does not know, are left to the runtime.
  if (bits === undefined) return { ...sizes, absurdity: undefined }
  const needed = Math.ceil((elements * bits) / 8)
  // Beside raw bytes, small types lie one or two to a number, complex ones two numbers to an element.
  const there = rawBytes ?? Math.ceil((numbers * Math.min(bits === 4 ? 8 : bits, 64)) / 8)
  const isThere = rawBytes === undefined ? there >= needed : there === needed
  return {
    ...sizes,
    absurdity: isThere
      ? undefined
      : `its ${what} has the shape [${dims.join(', ')}], which takes ${needed} bytes, but ${there} bytes of data`,
  }
}

/** A repeated int64, packed or one by one. */
export function readInts(field: ProtobufField): readonly number[] {
  if (field.kind === 'varint') return [Number(BigInt.asIntN(64, field.value))]
  if (field.kind !== 'bytes') return []
  const values: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of field.value) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte >= 0x80 && shift < 70n) continue
    values.push(Number(BigInt.asIntN(64, value)))
    value = 0n
    shift = 0n
  }
  return values
}

function countNumbers(field: ProtobufField, width: number): number {
  if (field.kind !== 'bytes') return 1
  if (width > 0) return Math.floor(field.value.length / width)
  let count = 0
  for (const byte of field.value) if (byte < 0x80) count++
  return count
}

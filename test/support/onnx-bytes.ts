/** Writes small ONNX files, for tests of what is refused. Field numbers: onnx/onnx.proto3. */
export type Field = readonly [number, number | string | Uint8Array]

export function message(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)])
      const bytes = typeof value === 'string' ? Buffer.from(value) : value
      return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
    }),
  )
}

function varint(value: number): Buffer {
  if (value < 0) return negative(BigInt(value))
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** An int64 below 0 takes ten bytes. */
function negative(value: bigint): Buffer {
  const bytes = Array.from({ length: 10 }, (_, at) =>
    Number((BigInt.asUintN(64, value) >> BigInt(7 * at)) & 0x7fn),
  )
  return Buffer.from(bytes.map((byte, at) => (at < 9 ? byte | 0x80 : byte)))
}

export function tensorValue(name: string, elementType: number, dims: readonly (number | string)[]): Buffer {
  const shape = message(
    ...dims.map((dim): Field => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])]),
  )
  return message([1, name], [2, message([1, message([1, elementType], [2, shape])])])
}

export interface OnnxParts {
  readonly inputs?: readonly Uint8Array[]
  readonly outputs?: readonly Uint8Array[]
  readonly nodes?: readonly Uint8Array[]
  readonly initializers?: readonly Uint8Array[]
  /** What is said of values inside. */
  readonly values?: readonly Uint8Array[]
  readonly metadata?: Readonly<Record<string, string>>
}

/** A model whose graph has these parts; by default the outline of a YOLOv5 of 64x64 with two classes. */
export function onnxBytes({
  inputs = [tensorValue('images', 1, [1, 3, 64, 64])],
  outputs = [tensorValue('output0', 1, [1, 252, 7])],
  nodes = [message([1, 'images'], [2, 'output0'], [4, 'Identity'])],
  initializers = [],
  values = [],
  metadata = { names: "{0: 'cat', 1: 'dog'}" },
}: OnnxParts = {}): Buffer {
  const graph = message(
    ...nodes.map((node): Field => [1, node]),
    ...initializers.map((tensor): Field => [5, tensor]),
    ...inputs.map((value): Field => [11, value]),
    ...outputs.map((value): Field => [12, value]),
    ...values.map((value): Field => [13, value]),
  )
  const properties = Object.entries(metadata).map(([key, value]): Field => [
    14,
    message([1, key], [2, value]),
  ])
  return message([1, 8], [2, 'test'], [7, graph], [8, message([2, 12])], ...properties)
}

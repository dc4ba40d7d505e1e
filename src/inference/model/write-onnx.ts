import { ProtobufWriter } from './protobuf-writer.ts'

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }

export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly output: string | readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxConstant {
  readonly name: string
  readonly dims: readonly number[]
  readonly elementType: keyof typeof elementBytes
  /** Gives as many numbers as `dims` says; asked once, when the file is written. */
  readonly values: () => Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array
}

export interface OnnxPort {
  readonly name: string
  readonly elementType: 'float32' | 'uint8'
  readonly dims: readonly number[]
}

export interface OnnxGraph {
  readonly name: string
  readonly producer: string
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly OnnxConstant[]
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
}

/** The first version with every operator in the form used here, and the format’s version of its time (ONNX 1.8). */
const opset = 13
const irVersion = 7

const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const
const elementBytes = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8 } as const

/** A graph as an ONNX file (field numbers: onnx/onnx.proto3 of ONNX 1.16). */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const message = new ProtobufWriter()
  for (const node of graph.nodes) message.message(1, nodeMessage(node))
  message.text(2, graph.name)
  for (const constant of graph.constants) message.message(5, tensorMessage(constant))
  for (const port of graph.inputs) message.message(11, portMessage(port))
  for (const port of graph.outputs) message.message(12, portMessage(port))
  return new ProtobufWriter()
    .varint(1, irVersion)
    .text(2, graph.producer)
    .message(7, message)
    .message(8, new ProtobufWriter().text(1, '').varint(2, opset))
    .toBytes()
}

function nodeMessage({ operator, inputs, output, attributes = {} }: OnnxNode): ProtobufWriter {
  const message = new ProtobufWriter()
  const outputs = typeof output === 'string' ? [output] : output
  for (const name of inputs) message.text(1, name)
  for (const name of outputs) message.text(2, name)
  message.text(3, outputs[0] ?? '').text(4, operator)
  for (const [name, attribute] of Object.entries(attributes))
    message.message(5, attributeMessage(name, attribute))
  return message
}

function attributeMessage(name: string, attribute: OnnxAttribute): ProtobufWriter {
  const message = new ProtobufWriter().text(1, name)
  switch (attribute.kind) {
    case 'float':
      return message.float(2, attribute.value).varint(20, 1)
    case 'int':
      return message.varint(3, attribute.value).varint(20, 2)
    case 'string':
      return message.text(4, attribute.value).varint(20, 3)
    case 'ints':
      for (const value of attribute.value) message.varint(8, value)
      return message.varint(20, 7)
  }
}

function tensorMessage({ name, dims, elementType, values }: OnnxConstant): ProtobufWriter {
  const message = new ProtobufWriter()
  for (const dim of dims) message.varint(1, dim)
  const count = dims.reduce((product, dim) => product * dim, 1)
  return message
    .varint(2, elementTypes[elementType])
    .text(8, name)
    .laterBytes(9, count * elementBytes[elementType], () => {
      const numbers = values()
      return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    })
}

function portMessage({ name, elementType, dims }: OnnxPort): ProtobufWriter {
  const shape = new ProtobufWriter()
  for (const dim of dims) shape.message(1, new ProtobufWriter().varint(1, dim))
  const tensor = new ProtobufWriter().varint(1, elementTypes[elementType]).message(2, shape)
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor))
}

import { absurdShape, measureTensor, readInts } from './onnx-sizes.ts'
import { ProtobufError, readFields, readText } from './protobuf.ts'

/** A graph input or output. `dims` holds numbers, the name of a free dimension, or null when nothing is said. */
export interface OnnxValue {
  readonly name: string
  readonly elementType: number
  readonly dims: readonly (number | string | null)[]
}

/** What an ONNX file says of itself, weights left aside (field numbers: onnx/onnx.proto3 of ONNX 1.16). */
export interface OnnxSummary {
  readonly irVersion: number
  readonly producer: string
  readonly opset: number
  readonly nodes: number
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: ReadonlyMap<string, string>
  /** Operator domains other than ONNX’s own. */
  readonly foreignDomains: readonly string[]
  /** Tensors whose data lies in another file. */
  readonly externalTensors: readonly string[]
  /** Numbers in the float tensors of the graph. */
  readonly weights: number
  /** The first shape that cannot be true, as a sentence about “it”. */
  readonly absurdity: string | undefined
}

interface Findings {
  nodes: number
  depth: number
  weights: number
  absurdity: string | undefined
  readonly domains: Set<string>
  readonly external: string[]
}

/** Reads the outline of an ONNX ModelProto. Throws ProtobufError when the bytes are none. */
export function readOnnx(bytes: Uint8Array): OnnxSummary {
  const findings: Findings = {
    ...{ nodes: 0, depth: 0, weights: 0, absurdity: undefined },
    ...{ domains: new Set<string>(), external: [] },
  }
  let irVersion = 0
  let opset = 0
  let producer = ''
  let graph: Uint8Array | undefined
  const metadata = new Map<string, string>()
  for (const field of readFields(bytes)) {
    if (field.number === 1 && field.kind === 'varint') irVersion = Number(field.value)
    if (field.kind !== 'bytes') continue
    if (field.number === 2) producer = readText(field.value)
    if (field.number === 7) {
      if (graph !== undefined) throw new ProtobufError('more than one graph in it')
      graph = field.value
    }
    if (field.number === 8) opset = Math.max(opset, readOpset(field.value))
    if (field.number === 14) metadata.set(...readProperty(field.value))
    if (field.number === 25) scanNodes(field.value, 7, findings)
  }
  if (irVersion === 0 || graph === undefined) throw new ProtobufError('no ONNX version or no graph in it')
  const { inputs, outputs } = readGraph(graph, findings)
  return {
    irVersion,
    producer,
    opset,
    nodes: findings.nodes,
    inputs,
    outputs,
    metadata,
    foreignDomains: [...findings.domains].sort(),
    externalTensors: findings.external,
    weights: findings.weights,
    absurdity: findings.absurdity,
  }
}

function readGraph(graph: Uint8Array, findings: Findings): { inputs: OnnxValue[]; outputs: OnnxValue[] } {
  const initialized = new Set<string>()
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  for (const field of readFields(graph)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 1) scanNode(field.value, findings)
    if (field.number === 5) initialized.add(scanTensor(field.value, findings))
    if (field.number === 11) inputs.push(scanValue('input', field.value, findings))
    if (field.number === 12) outputs.push(scanValue('output', field.value, findings))
    if (field.number === 13) scanValue('value', field.value, findings)
    if (field.number === 15) scanSparse(field.value, findings)
  }
  return { inputs: inputs.filter(({ name }) => !initialized.has(name)), outputs }
}

function scanNodes(message: Uint8Array, nodeField: number, findings: Findings): void {
  for (const field of readFields(message)) {
    if (field.kind === 'bytes' && field.number === nodeField) scanNode(field.value, findings)
  }
}

function scanNode(node: Uint8Array, findings: Findings): void {
  findings.nodes++
  for (const field of readFields(node)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 7) {
      const domain = readText(field.value)
      if (domain !== '' && domain !== 'ai.onnx') findings.domains.add(domain)
    }
    if (field.number === 5) scanAttribute(field.value, findings)
  }
}

function scanAttribute(attribute: Uint8Array, findings: Findings): void {
  for (const field of readFields(attribute)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 5 || field.number === 10) scanTensor(field.value, findings)
    if (field.number === 6 || field.number === 11) scanSubgraph(field.value, findings)
    if (field.number === 22 || field.number === 23) scanSparse(field.value, findings)
  }
}

/** Graphs in graphs (the branches of If, the body of Loop) deeper than any exporter nests them. */
const maxDepth = 32

function scanSubgraph(graph: Uint8Array, findings: Findings): void {
  if (findings.depth === maxDepth) throw new ProtobufError(`graphs nested deeper than ${maxDepth}`)
  findings.depth++
  readGraph(graph, findings)
  findings.depth--
}

/** The runtime makes a sparse tensor whole, so its full shape counts. */
function scanSparse(sparse: Uint8Array, findings: Findings): void {
  const dims: number[] = []
  for (const field of readFields(sparse)) {
    if (field.kind === 'bytes' && (field.number === 1 || field.number === 2))
      scanTensor(field.value, findings)
    if (field.number === 3) dims.push(...readInts(field))
  }
  findings.absurdity ??= absurdShape('sparse tensor', dims, 1)
}

function scanValue(role: string, value: Uint8Array, findings: Findings): OnnxValue {
  const read = readValue(value)
  findings.absurdity ??= absurdShape(
    `${role} ${JSON.stringify(read.name.slice(0, 100))}`,
    read.dims,
    read.elementType,
  )
  return read
}

/** float32, float16, float64, bfloat16. */
const floatTypes: ReadonlySet<number> = new Set([1, 10, 11, 16])

/** Gives the tensor’s name. */
function scanTensor(tensor: Uint8Array, findings: Findings): string {
  let name = ''
  let isExternal = false
  for (const field of readFields(tensor)) {
    if (field.number === 8 && field.kind === 'bytes') name = readText(field.value)
    if (field.number === 13) isExternal = true
    if (field.number === 14 && field.kind === 'varint' && field.value === 1n) isExternal = true
  }
  if (isExternal) {
    findings.external.push(name)
    return name
  }
  const { elementType, elements, absurdity } = measureTensor(tensor, name)
  findings.absurdity ??= absurdity
  if (floatTypes.has(elementType)) findings.weights += elements
  return name
}

function readValue(value: Uint8Array): OnnxValue {
  let name = ''
  let elementType = 0
  let dims: (number | string | null)[] = []
  for (const field of readFields(value)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 1) name = readText(field.value)
    if (field.number === 2) ({ elementType, dims } = readTensorType(field.value))
  }
  return { name, elementType, dims }
}

function readTensorType(type: Uint8Array): { elementType: number; dims: (number | string | null)[] } {
  let elementType = 0
  const dims: (number | string | null)[] = []
  for (const outer of readFields(type)) {
    if (outer.number !== 1 || outer.kind !== 'bytes') continue
    for (const field of readFields(outer.value)) {
      if (field.number === 1 && field.kind === 'varint') elementType = Number(field.value)
      if (field.number !== 2 || field.kind !== 'bytes') continue
      for (const dim of readFields(field.value)) {
        if (dim.number === 1 && dim.kind === 'bytes') dims.push(readDim(dim.value))
      }
    }
  }
  return { elementType, dims }
}

function readDim(dim: Uint8Array): number | string | null {
  for (const field of readFields(dim)) {
    if (field.number === 1 && field.kind === 'varint') return Number(BigInt.asIntN(64, field.value))
    if (field.number === 2 && field.kind === 'bytes') return readText(field.value)
  }
  return null
}

function readOpset(opset: Uint8Array): number {
  let domain = ''
  let version = 0
  for (const field of readFields(opset)) {
    if (field.number === 1 && field.kind === 'bytes') domain = readText(field.value)
    if (field.number === 2 && field.kind === 'varint') version = Number(field.value)
  }
  return domain === '' || domain === 'ai.onnx' ? version : 0
}

function readProperty(property: Uint8Array): [string, string] {
  let key = ''
  let value = ''
  for (const field of readFields(property)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 1) key = readText(field.value)
    if (field.number === 2) value = readText(field.value)
  }
  return [key, value]
}

import type { OnnxConstant, OnnxGraph, OnnxNode } from '../model/write-onnx.ts'
import { byteScale } from './activation-range.ts'
import type { ActivationRanges, ByteScale } from './activation-range.ts'
import { dataInputs, outputsOf, planQuantisation, selections, shares } from './plan.ts'
import type { QuantisationPlan } from './plan.ts'
import { quantiseWeights } from './quantise-weights.ts'

/** Increased whenever the same graph and ranges would give another graph. */
export const quantiserVersion = 1

/**
 * SiLU gives -0.003 at -8 and less below, under half a step of its own bytes: what lies lower need not be told apart, and
 * the bytes are finer for what matters.
 */
const siluFloor = -8

/**
 * The same graph in the form that ONNX Runtime computes with bytes (QDQ: each value goes through QuantizeLinear and
 * DequantizeLinear, which the runtime fuses with the operators between them): weights int8 by channel, values uint8.
 * What `planQuantisation` says stays float. Throws RangeError when a range is missing.
 */
export function quantiseGraph(graph: OnnxGraph, ranges: ActivationRanges): OnnxGraph {
  const quantiser = new Quantiser(graph, ranges)
  for (const node of graph.nodes) quantiser.add(node)
  return { ...graph, ...quantiser.finish() }
}

class Quantiser {
  readonly #plan: QuantisationPlan
  readonly #ranges: ActivationRanges
  readonly #constants: ReadonlyMap<string, OnnxConstant>
  readonly #names: ReadonlySet<string>
  readonly #scales = new Map<string, ByteScale>()
  readonly #nodes: OnnxNode[] = []
  readonly #added: OnnxConstant[] = []

  constructor(graph: OnnxGraph, ranges: ActivationRanges) {
    this.#plan = planQuantisation(graph)
    this.#ranges = ranges
    this.#constants = new Map(graph.constants.map((constant) => [constant.name, constant]))
    this.#names = new Set(this.#constants.keys())
  }

  add(node: OnnxNode): void {
    const isQuantised = this.#plan.kindOf.get(node) === 'quantised'
    const read = { ...node, inputs: node.inputs.map((name) => (this.#scales.has(name) ? back(name) : name)) }
    this.#nodes.push(isQuantised && node.operator === 'Conv' ? this.#withByteWeights(node, read) : read)
    for (const name of outputsOf(node)) if (this.#plan.bytes.has(name)) this.#passThroughBytes(name, node)
  }

  finish(): Pick<OnnxGraph, 'nodes' | 'constants'> {
    const inUse = new Set(this.#nodes.flatMap(({ inputs }) => inputs))
    return {
      nodes: this.#nodes,
      constants: [...this.#constants.values(), ...this.#added].filter(({ name }) => inUse.has(name)),
    }
  }

  #passThroughBytes(name: string, maker: OnnxNode): void {
    const { scale, zero } = this.#scaleOf(name, maker)
    this.#scales.set(name, { scale, zero })
    const numbers = [
      this.#constant(`${name}.scale`, 'float32', [], () => Float32Array.of(scale)),
      this.#constant(`${name}.zero`, 'uint8', [], () => Uint8Array.of(zero)),
    ]
    const bytes = `${name}.uint8`
    this.#nodes.push(
      { operator: 'QuantizeLinear', inputs: [name, ...numbers], output: bytes },
      { operator: 'DequantizeLinear', inputs: [bytes, ...numbers], output: back(name) },
    )
  }

  #scaleOf(name: string, maker: OnnxNode): ByteScale {
    if (shares.has(maker.operator)) return { scale: 1 / 256, zero: 0 }
    if (selections.has(maker.operator)) {
      const [input = ''] = dataInputs(maker, this.#names)
      const scale = this.#scales.get(input)
      if (scale !== undefined) return scale
    }
    const range = this.#ranges.get(name)
    if (range === undefined) throw new RangeError(`there is no range for ${name}`)
    return byteScale(
      this.#plan.beforeSilu.has(name) ? { ...range, min: Math.max(siluFloor, range.min) } : range,
    )
  }

  #withByteWeights(node: OnnxNode, read: OnnxNode): OnnxNode {
    const [input = '', weightName = '', biasName = ''] = node.inputs
    const [weight, bias] = [this.#constants.get(weightName), this.#constants.get(biasName)]
    const inputScale = this.#scales.get(input)
    if (weight === undefined || bias === undefined || inputScale === undefined)
      throw new RangeError(`${String(node.output)} is no convolution with weights and a bias`)
    const numbers = once(() => {
      const [weights, biases] = [weight.values(), bias.values()]
      return quantiseWeights(weights as Float32Array, biases as Float32Array, inputScale.scale)
    })
    const channels = [weight.dims[0] ?? 0]
    const scales = this.#constant(`${weightName}.scale`, 'float32', channels, () => numbers().scales)
    const biasScales = this.#constant(`${biasName}.scale`, 'float32', channels, () =>
      numbers().scales.map((scale) => scale * inputScale.scale),
    )
    const zeros = this.#constant(
      `${weightName}.zero`,
      'int8',
      channels,
      () => new Int8Array(channels[0] ?? 0),
    )
    const weights = this.#constant(`${weightName}.int8`, 'int8', weight.dims, () => numbers().weights)
    const biases = this.#constant(`${biasName}.int32`, 'int32', bias.dims, () => numbers().bias)
    const attributes = { axis: { kind: 'int', value: 0 } } as const
    this.#nodes.push(
      {
        operator: 'DequantizeLinear',
        inputs: [weights, scales, zeros],
        output: back(weightName),
        attributes,
      },
      { operator: 'DequantizeLinear', inputs: [biases, biasScales], output: back(biasName), attributes },
    )
    return { ...read, inputs: [back(input), back(weightName), back(biasName)] }
  }

  #constant(
    name: string,
    elementType: OnnxConstant['elementType'],
    dims: readonly number[],
    values: OnnxConstant['values'],
  ): string {
    this.#added.push({ name, dims, elementType, values })
    return name
  }
}

/** The name of what a value is after it went through bytes. */
function back(name: string): string {
  return `${name}.back`
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

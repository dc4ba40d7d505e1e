import type { OnnxAttribute, OnnxConstant, OnnxNode } from '../model/write-onnx.ts'
import { CheckpointError } from './checkpoint-error.ts'

/** A value in the graph, [batch, channels, height, width] float32. */
export interface FeatureMap {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
}

export type Pair = readonly [number, number]

/** A convolution without its numbers. `padding` is the same at both ends of an axis. */
export interface ConvolutionShape {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernel: Pair
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
  readonly groups: number
}

/** A convolution; its numbers are computed when the graph is written. */
export interface Convolution extends ConvolutionShape {
  readonly path: string
  /** [outChannels, inChannels / groups, kernel height, kernel width]. */
  readonly weights: () => Float32Array
  readonly bias: () => Float32Array
}

/** Far above yolov5x6 at 1280x1280; what a hostile file may make of memory and time ends here. */
const maxMapElements = 2 ** 28
const maxWeights = 2 ** 28
const maxNodes = 20_000

/** Collects nodes and constants and keeps account of every value’s size, so that a graph that is begun wrong is refused here. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = []
  readonly constants: OnnxConstant[] = []
  /** Frames that the graph takes at once. */
  readonly batch: number
  #weights = 0

  constructor(batch: number) {
    this.batch = batch
  }

  /** Adds a node with one output; the name of the output is the node’s. */
  add(
    operator: string,
    inputs: readonly string[],
    map: FeatureMap,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): FeatureMap {
    if (!(map.channels * map.height * map.width <= maxMapElements) || this.nodes.length >= maxNodes) {
      throw new CheckpointError(
        `its ${map.name} would be too large: ${map.channels}x${map.height}x${map.width}`,
      )
    }
    const node = { operator, inputs, output: map.name }
    this.nodes.push(attributes === undefined ? node : { ...node, attributes })
    return map
  }

  constant(constant: OnnxConstant): string {
    this.#weights += constant.dims.reduce((product, dim) => product * dim, 1)
    if (!(this.#weights <= maxWeights)) throw new CheckpointError('it has too many weights')
    this.constants.push(constant)
    return constant.name
  }

  scalars(name: string, values: readonly number[]): string {
    return this.constant({
      name,
      dims: [values.length],
      elementType: 'float32',
      values: () => Float32Array.from(values),
    })
  }

  convolve(input: FeatureMap, convolution: Convolution): FeatureMap {
    const { path, inChannels, outChannels, kernel, stride, padding, dilation, groups } = convolution
    if (inChannels !== input.channels) {
      throw new CheckpointError(
        `its ${path} takes ${inChannels} channels, but ${input.name} has ${input.channels}`,
      )
    }
    const weights = this.constant({
      name: `${path}.weight`,
      dims: [outChannels, inChannels / groups, ...kernel],
      elementType: 'float32',
      values: convolution.weights,
    })
    const bias = this.constant({
      name: `${path}.bias`,
      dims: [outChannels],
      elementType: 'float32',
      values: convolution.bias,
    })
    const map = {
      name: path,
      channels: outChannels,
      height: reach(input.height, 0, convolution),
      width: reach(input.width, 1, convolution),
    }
    return this.add('Conv', [input.name, weights, bias], map, {
      kernel_shape: ints(kernel),
      strides: ints(stride),
      pads: ints([...padding, ...padding]),
      dilations: ints(dilation),
      group: { kind: 'int', value: groups },
    })
  }

  concat(path: string, inputs: readonly FeatureMap[]): FeatureMap {
    const [first] = inputs
    if (
      first === undefined ||
      inputs.some(({ height, width }) => height !== first.height || width !== first.width)
    ) {
      throw new CheckpointError(`its ${path} joins maps of different size`)
    }
    const channels = inputs.reduce((sum, map) => sum + map.channels, 0)
    return this.add(
      'Concat',
      inputs.map(({ name }) => name),
      { ...first, name: path, channels },
      {
        axis: { kind: 'int', value: 1 },
      },
    )
  }

  /** The sum of two maps of one size. */
  sum(path: string, a: FeatureMap, b: FeatureMap): FeatureMap {
    if (a.channels !== b.channels || a.height !== b.height || a.width !== b.width) {
      throw new CheckpointError(`its ${path} adds maps of different size`)
    }
    return this.add('Add', [a.name, b.name], { ...a, name: path })
  }

  maxPool(
    path: string,
    input: FeatureMap,
    window: Pick<ConvolutionShape, 'kernel' | 'stride' | 'padding'>,
  ): FeatureMap {
    const shape = { ...window, dilation: [1, 1] as const }
    const map = {
      name: path,
      channels: input.channels,
      height: reach(input.height, 0, shape),
      width: reach(input.width, 1, shape),
    }
    return this.add('MaxPool', [input.name], map, {
      kernel_shape: ints(window.kernel),
      strides: ints(window.stride),
      pads: ints([...window.padding, ...window.padding]),
    })
  }

  /** Each pixel repeated `factor` times in both directions. */
  enlarge(path: string, input: FeatureMap, factor: number): FeatureMap {
    const scales = this.scalars(`${path}.scales`, [1, 1, factor, factor])
    const map = { ...input, name: path, height: input.height * factor, width: input.width * factor }
    return this.add('Resize', [input.name, '', scales], map, {
      mode: { kind: 'string', value: 'nearest' },
      coordinate_transformation_mode: { kind: 'string', value: 'asymmetric' },
      nearest_mode: { kind: 'string', value: 'floor' },
    })
  }
}

function ints(value: readonly number[]): OnnxAttribute {
  return { kind: 'ints', value }
}

type Window = Pick<ConvolutionShape, 'kernel' | 'stride' | 'padding' | 'dilation'>

/** The length of an axis after a window went over it (torch.nn.Conv2d, shape). */
function reach(length: number, axis: 0 | 1, { kernel, stride, padding, dilation }: Window): number {
  const window = dilation[axis] * (kernel[axis] - 1) + 1
  const after = Math.floor((length + 2 * padding[axis] - window) / stride[axis]) + 1
  if (!(after >= 1)) throw new CheckpointError('its layers leave nothing of the picture')
  return after
}

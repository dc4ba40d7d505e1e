import type { Block } from './block.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { Convolution } from './graph-builder.ts'
import type { TensorReader } from './tensor-reader.ts'

const maxWindow = 64

/** A torch Conv2d; throws CheckpointError for what ONNX’s Conv cannot say the same way. */
export function readConvolution(conv: Block, tensors: TensorReader): Convolution {
  conv.expect('Conv2d')
  const weight = conv.tensor('weight')
  const bias = conv.optionalTensor('bias')
  const groups = conv.count('groups')
  const [outChannels = 0, perGroup = 0, ...kernel] = weight.size
  const [height, width] = kernel
  const window = {
    stride: conv.pair('stride'),
    padding: conv.pair('padding'),
    dilation: conv.pair('dilation'),
  }
  const isSound =
    weight.size.length === 4 &&
    [outChannels, perGroup, groups, height, width].every((size) => size !== undefined && size >= 1) &&
    outChannels % groups === 0 &&
    [...window.stride, ...window.dilation].every((size) => size >= 1 && size <= maxWindow) &&
    window.padding.every((size) => size >= 0 && size <= maxWindow) &&
    (bias === undefined || (bias.size.length === 1 && bias.size[0] === outChannels)) &&
    conv.attribute('padding_mode') === 'zeros' &&
    !conv.flag('transposed')
  if (height === undefined || width === undefined || !isSound) {
    throw new CheckpointError(`its ${conv.path} is a convolution of a kind that YOLOv5 does not have`)
  }
  return {
    path: conv.path,
    inChannels: perGroup * groups,
    outChannels,
    kernel: [height, width],
    ...window,
    groups,
    weights: () => tensors.read(weight),
    bias: () => (bias === undefined ? new Float32Array(outChannels) : tensors.read(bias)),
  }
}

/** What a BatchNorm2d does in inference, channel by channel: value x scale + shift. */
export interface Normalization {
  readonly channels: number
  readonly scale: () => Float32Array
  readonly shift: () => Float32Array
}

/** Reads a BatchNorm2d with its own eps (torch.nn.BatchNorm2d, the formula with running statistics). */
export function readNormalization(norm: Block, tensors: TensorReader): Normalization {
  norm.expect('BatchNorm2d')
  const gamma = norm.tensor('weight')
  const beta = norm.tensor('bias')
  const mean = norm.tensor('running_mean')
  const variance = norm.tensor('running_var')
  const channels = gamma.size[0] ?? 0
  const eps = norm.number('eps')
  if (![gamma, beta, mean, variance].every(({ size }) => size.length === 1 && size[0] === channels)) {
    throw new CheckpointError(`its ${norm.path} is no BatchNorm2d`)
  }
  const scale = (): Float32Array => {
    const spread = tensors.read(variance)
    return tensors.read(gamma).map((value, at) => value / Math.sqrt((spread[at] as number) + eps))
  }
  const shift = (): Float32Array => {
    const factor = scale()
    const middle = tensors.read(mean)
    return tensors.read(beta).map((value, at) => value - (middle[at] as number) * (factor[at] as number))
  }
  return { channels, scale, shift }
}

/** The convolution with the normalization after it as one; `from` is the first of its channels that are meant. */
export function foldNormalization(
  convolution: Convolution,
  normalization: Normalization,
  from = 0,
): Convolution {
  const { outChannels } = convolution
  return {
    ...convolution,
    weights: () => {
      const scale = normalization.scale()
      const weights = convolution.weights()
      const perChannel = weights.length / outChannels
      return weights.map((value, at) => value * (scale[from + Math.floor(at / perChannel)] as number))
    },
    bias: () => {
      const scale = normalization.scale()
      const shift = normalization.shift()
      return convolution
        .bias()
        .map((value, at) => value * (scale[from + at] as number) + (shift[from + at] as number))
    },
  }
}

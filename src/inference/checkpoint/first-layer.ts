import type { Block } from './block.ts'
import { activate, readConv } from './blocks.ts'
import type { Translation } from './blocks.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { Convolution, FeatureMap } from './graph-builder.ts'
import type { TensorReader } from './tensor-reader.ts'
import { addFirstConvolution } from './yuv-input.ts'

/** Adds the layer that sees the picture: a Conv (YOLOv5 6 and later) or a Focus (before). */
export function addFirstLayer(
  block: Block,
  size: { height: number; width: number },
  to: Translation,
): FeatureMap {
  const conv = block.expect('Conv', 'Focus').type === 'Focus' ? block.child('conv') : block
  const convolution = block === conv ? readConv(conv, to.tensors) : readFocus(conv, to.tensors)
  if (convolution.inChannels !== 3 || convolution.groups !== 1) {
    throw new CheckpointError(
      `its ${block.path} takes ${convolution.inChannels} channels instead of red, green and blue`,
    )
  }
  return activate(conv, addFirstConvolution(to.graph, size, convolution), to)
}

/**
 * Focus puts the four pixels of each 2x2 square into channels and convolves: the same as one convolution over the
 * picture with a window and a step of twice the size (models/common.py of YOLOv5 5.0, Focus).
 */
function readFocus(conv: Block, tensors: TensorReader): Convolution {
  const focused = readConv(conv, tensors)
  const { kernel, stride, padding, dilation, outChannels, inChannels } = focused
  if (inChannels !== 12 || dilation.some((step) => step !== 1)) {
    throw new CheckpointError(`its ${conv.path} takes ${inChannels} channels instead of the 12 of a Focus`)
  }
  const [rows, columns] = kernel
  return {
    ...focused,
    inChannels: 3,
    kernel: [2 * rows, 2 * columns],
    stride: [2 * stride[0], 2 * stride[1]],
    padding: [2 * padding[0], 2 * padding[1]],
    weights: () => {
      const weights = focused.weights()
      const result = new Float32Array(weights.length)
      let at = 0
      for (let out = 0; out < outChannels; out++)
        for (let colour = 0; colour < 3; colour++)
          for (let row = 0; row < 2 * rows; row++)
            for (let column = 0; column < 2 * columns; column++) {
              // The order of the four: upper left, lower left, upper right, lower right.
              const channel = ((row & 1) + 2 * (column & 1)) * 3 + colour
              result[at++] = weights[
                ((out * 12 + channel) * rows + (row >> 1)) * columns + (column >> 1)
              ] as number
            }
      return result
    },
  }
}

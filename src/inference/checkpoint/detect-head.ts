import type { HeadLevel } from '../model/model-description.ts'
import type { Block } from './block.ts'
import type { Translation } from './blocks.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { readConvolution } from './convolution.ts'
import type { FeatureMap } from './graph-builder.ts'
import type { TensorReader } from './tensor-reader.ts'

/** What a Detect block says of itself before a graph is made. */
export interface DetectHead {
  readonly classes: number
  /** Pixels of the input for each cell, level by level. */
  readonly strides: readonly number[]
  /** [width, height] in pixels of the input, level by level. */
  readonly anchors: readonly (readonly (readonly [number, number])[])[]
}

const maxLevels = 5
const maxStride = 128

/** Reads a Detect; its anchors from the buffer, which auto-anchor changes, and never from the yaml. */
export function readDetectHead(detect: Block, tensors: TensorReader): DetectHead {
  detect.expect('Detect')
  const classes = detect.count('nc')
  const strideTensor = detect.tensor('stride')
  const anchorTensor = detect.tensor('anchors')
  const [levels = 0, perLevel = 0, pair] = anchorTensor.size
  const isSound =
    classes >= 1 &&
    classes <= 10_000 &&
    levels >= 1 &&
    levels <= maxLevels &&
    perLevel >= 1 &&
    perLevel <= 32 &&
    anchorTensor.size.length === 3 &&
    pair === 2 &&
    strideTensor.size.length === 1 &&
    strideTensor.size[0] === levels
  if (!isSound)
    throw new CheckpointError(
      `its ${detect.path} (${classes} classes, anchors ${anchorTensor.size.join('x')}) is none of YOLOv5’s`,
    )
  const strides = [...tensors.read(strideTensor)]
  if (!strides.every((stride) => stride >= 1 && stride <= maxStride && Number.isInteger(Math.log2(stride)))) {
    throw new CheckpointError(`its ${detect.path} has strides ${strides.join(', ')}`)
  }
  const numbers = tensors.read(anchorTensor)
  const anchors = strides.map((stride, level) =>
    Array.from({ length: perLevel }, (_, index) => {
      const at = 2 * (level * perLevel + index)
      return [stride * (numbers[at] as number), stride * (numbers[at + 1] as number)] as const
    }),
  )
  if (!anchors.flat(2).every((side) => side > 0 && side < 1e5))
    throw new CheckpointError(`the anchors of its ${detect.path} are no sizes`)
  return { classes, strides, anchors }
}

/** Adds the convolutions of the head; their outputs are the graph’s. */
export function addDetectHead(
  detect: Block,
  inputs: readonly FeatureMap[],
  { head, size, to }: { head: DetectHead; size: { height: number; width: number }; to: Translation },
): readonly { readonly map: FeatureMap; readonly level: HeadLevel }[] {
  const convolutions = detect.child('m').expect('ModuleList').children()
  if (convolutions.length !== head.strides.length || inputs.length !== head.strides.length) {
    throw new CheckpointError(
      `its ${detect.path} has ${convolutions.length} outputs for ${inputs.length} maps`,
    )
  }
  return convolutions.map((conv, index) => {
    const [input, stride = 0, anchors = []] = [inputs[index], head.strides[index], head.anchors[index]]
    if (input === undefined) throw new CheckpointError(`its ${conv.path} has no input`)
    const map = to.graph.convolve(input, { ...readConvolution(conv, to.tensors), path: `head-${stride}` })
    const { height: rows, width: columns } = map
    const isRight =
      rows * stride === size.height &&
      columns * stride === size.width &&
      map.channels === anchors.length * (5 + head.classes)
    if (!isRight) {
      throw new CheckpointError(
        `its ${conv.path} gives ${map.channels}x${rows}x${columns} for stride ${stride} and ${head.classes} classes`,
      )
    }
    return { map, level: { name: map.name, stride, rows, columns, anchors } }
  })
}

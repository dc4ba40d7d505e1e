import type { Block } from './block.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { foldNormalization, readConvolution, readNormalization } from './convolution.ts'
import type { Convolution, FeatureMap, GraphBuilder } from './graph-builder.ts'
import type { TensorReader } from './tensor-reader.ts'

/** What blocks are turned into nodes with. */
export interface Translation {
  readonly graph: GraphBuilder
  readonly tensors: TensorReader
}

type Translate = (block: Block, inputs: readonly FeatureMap[], to: Translation) => FeatureMap

/** The blocks of YOLOv5’s models/common.py, versions 1 to 7, by type: forward() of each as nodes. */
const blocks: Readonly<Record<string, Translate>> = {
  Conv: (block, inputs, to) => addConv(block, only(block, inputs), to),
  Conv2d: (block, inputs, to) => to.graph.convolve(only(block, inputs), readConvolution(block, to.tensors)),
  Bottleneck: addBottleneck,
  BottleneckCSP: addBottleneckCsp,
  C3: addC3,
  SPP: addSpp,
  SPPF: addSppf,
  Sequential: addSequential,
  Concat: (block, inputs, to) => {
    if (block.count('d') !== 1)
      throw new CheckpointError(`its ${block.path} joins along axis ${block.count('d')}`)
    return to.graph.concat(block.path, inputs)
  },
  Upsample: addUpsample,
  MaxPool2d: (block, inputs, to) => addMaxPool(block, only(block, inputs), to),
  Identity: (block, inputs) => only(block, inputs),
}

/** Adds a block of any of the known types; throws CheckpointError naming one that is not. */
export function addBlock(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const translate = Object.hasOwn(blocks, block.type) ? blocks[block.type] : undefined
  if (translate === undefined) {
    throw new CheckpointError(
      `its ${block.path} is a block of type ${block.type}, which cannot stand there in a YOLOv5`,
    )
  }
  return translate(block, inputs, to)
}

/** The convolution of a Conv with its normalization folded in; a fused one has none. */
export function readConv(block: Block, tensors: TensorReader): Convolution {
  const convolution = readConvolution(block.expect('Conv').child('conv'), tensors)
  if (!block.has('bn')) return convolution
  const normalization = readNormalization(block.child('bn'), tensors)
  if (normalization.channels !== convolution.outChannels) throw mismatch(block)
  return foldNormalization(convolution, normalization)
}

function mismatch(block: Block): CheckpointError {
  return new CheckpointError(`its ${block.path} normalizes other channels than it has`)
}

/** Adds the activation `act` of a block after one of its maps. */
export function activate(block: Block, input: FeatureMap, { graph }: Translation): FeatureMap {
  const act = block.child('act')
  const map = { ...input, name: act.path }
  switch (act.type) {
    case 'SiLU':
      return graph.add(
        'Mul',
        [input.name, graph.add('Sigmoid', [input.name], { ...map, name: `${act.path}.gate` }).name],
        map,
      )
    case 'Hardswish': {
      const gate = graph.add(
        'HardSigmoid',
        [input.name],
        { ...map, name: `${act.path}.gate` },
        {
          alpha: { kind: 'float', value: 1 / 6 },
          beta: { kind: 'float', value: 0.5 },
        },
      )
      return graph.add('Mul', [input.name, gate.name], map)
    }
    case 'LeakyReLU':
      return graph.add('LeakyRelu', [input.name], map, {
        alpha: { kind: 'float', value: act.number('negative_slope') },
      })
    case 'ReLU':
      return graph.add('Relu', [input.name], map)
    case 'Identity':
      return input
    default:
      throw new CheckpointError(`its ${act.path} is an activation of type ${act.type}`)
  }
}

function addConv(block: Block, input: FeatureMap, to: Translation): FeatureMap {
  return activate(block, to.graph.convolve(input, readConv(block, to.tensors)), to)
}

function addBottleneck(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const input = only(block, inputs)
  const inner = addConv(block.child('cv2'), addConv(block.child('cv1'), input, to), to)
  return block.flag('add') ? to.graph.sum(block.path, input, inner) : inner
}

function addC3(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const input = only(block, inputs)
  const deep = addBottlenecks(block.child('m'), addConv(block.child('cv1'), input, to), to)
  const flat = addConv(block.child('cv2'), input, to)
  return addConv(block.child('cv3'), to.graph.concat(`${block.path}.join`, [deep, flat]), to)
}

/** The normalization stands after the join, so each branch’s last convolution takes its part of it. */
function addBottleneckCsp(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const { graph, tensors } = to
  const input = only(block, inputs)
  const last = readConvolution(block.child('cv3'), tensors)
  const flat = readConvolution(block.child('cv2'), tensors)
  const normalization = readNormalization(block.child('bn'), tensors)
  if (normalization.channels !== last.outChannels + flat.outChannels) throw mismatch(block)
  const deep = addBottlenecks(block.child('m'), addConv(block.child('cv1'), input, to), to)
  const joined = graph.concat(`${block.path}.join`, [
    graph.convolve(deep, foldNormalization(last, normalization)),
    graph.convolve(input, foldNormalization(flat, normalization, last.outChannels)),
  ])
  return addConv(block.child('cv4'), activate(block, joined, to), to)
}

function addSpp(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const first = addConv(block.child('cv1'), only(block, inputs), to)
  const pooled = block
    .child('m')
    .expect('ModuleList')
    .children()
    .map((pool) => addMaxPool(pool, first, to))
  return addConv(block.child('cv2'), to.graph.concat(`${block.path}.join`, [first, ...pooled]), to)
}

function addSppf(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  const maps = [addConv(block.child('cv1'), only(block, inputs), to)]
  for (const step of [1, 2, 3]) {
    const last = maps.at(-1)
    if (last !== undefined) maps.push(addMaxPool(block.child('m'), last, to, `.${step}`))
  }
  return addConv(block.child('cv2'), to.graph.concat(`${block.path}.join`, maps), to)
}

/** Only these blocks repeat inside another, so a file in which a block holds itself leads nowhere. */
function addBottlenecks(block: Block, input: FeatureMap, to: Translation): FeatureMap {
  return block
    .expect('Sequential')
    .children()
    .reduce((map, child) => addBottleneck(child.expect('Bottleneck'), [map], to), input)
}

/** A layer that is repeated, as parse_model() makes it. */
function addSequential(block: Block, inputs: readonly FeatureMap[], to: Translation): FeatureMap {
  let map = only(block, inputs)
  for (const child of block.children()) {
    if (child.type === 'Sequential')
      throw new CheckpointError(`its ${child.path} is a Sequential in a Sequential`)
    map = addBlock(child, [map], to)
  }
  return map
}

const maxFactor = 8

function addUpsample(block: Block, inputs: readonly FeatureMap[], { graph }: Translation): FeatureMap {
  const factor = block.count('scale_factor')
  if (block.attribute('mode') !== 'nearest' || factor < 1 || factor > maxFactor) {
    throw new CheckpointError(`its ${block.path} enlarges ${factor} times in a way that YOLOv5 does not`)
  }
  return graph.enlarge(block.path, only(block, inputs), factor)
}

const maxPoolSide = 64

function addMaxPool(block: Block, input: FeatureMap, { graph }: Translation, suffix = ''): FeatureMap {
  const kernel = block.expect('MaxPool2d').pair('kernel_size')
  const stride = block.pair('stride')
  const padding = block.pair('padding')
  const dilation = block.pair('dilation')
  const isSound =
    [...kernel, ...stride].every((side) => side >= 1 && side <= maxPoolSide) &&
    padding.every((side, axis) => side >= 0 && 2 * side <= (kernel[axis] ?? 0)) &&
    dilation.every((step) => step === 1) &&
    !block.flag('ceil_mode')
  if (!isSound)
    throw new CheckpointError(`its ${block.path} is a MaxPool2d of a kind that YOLOv5 does not have`)
  return graph.maxPool(`${block.path}${suffix}`, input, { kernel, stride, padding })
}

function only(block: Block, inputs: readonly FeatureMap[]): FeatureMap {
  const [input, ...others] = inputs
  if (input !== undefined && others.length === 0) return input
  throw new CheckpointError(`its ${block.path} (${block.type}) takes ${inputs.length} inputs instead of one`)
}

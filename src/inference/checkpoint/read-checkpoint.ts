import { Block } from './block.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { readDetectHead } from './detect-head.ts'
import { PickledTensor } from './pickle-values.ts'
import type { PickleValue } from './pickle-values.ts'
import { readZip } from './read-zip.ts'
import { TensorReader } from './tensor-reader.ts'
import { translateModel } from './translate-model.ts'
import type { Layers, TranslatedModel } from './translate-model.ts'
import { unpickle } from './unpickle.ts'

/** A YOLOv5 checkpoint that can be made into a graph for frames of any size whose sides are multiples of `stride`. */
export interface Checkpoint {
  readonly classes: readonly string[]
  readonly stride: number
  /** Numbers in all parameters of the model (torch.nn.Module.parameters). */
  readonly parameters: number
  /** A graph for `batch` frames at once, 1 when left out. */
  translate(size: { readonly width: number; readonly height: number }, batch?: number): TranslatedModel
}

/** Increased whenever the same checkpoint would give another graph. */
export const importerVersion = 1

const maxLayers = 1000

/**
 * Reads a .pt file of YOLOv5 (1 to 7) without running anything of it, and tries the translation, weights left aside.
 * Throws CheckpointError, a sentence about “it”, for a file that is damaged, hostile or of another kind.
 */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const entries = readZip(bytes)
  const pickles = [...entries.keys()].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name))
  const [name] = pickles
  const data = name === undefined ? undefined : entries.get(name)
  if (name === undefined || data === undefined || pickles.length > 1) {
    throw new CheckpointError(
      `it is a zip archive with ${pickles.length} data.pkl, so torch.save did not write it`,
    )
  }
  const folder = name.slice(0, -'data.pkl'.length)
  const order = entries.get(`${folder}byteorder`)
  if (order !== undefined && Buffer.from(order).toString('latin1') !== 'little') {
    throw new CheckpointError('its numbers are not little-endian')
  }
  const model = findModel(unpickle(data))
  const layers = readLayers(model, new TensorReader(entries, folder))
  const stride = Math.max(...layers.head.strides)
  translateModel(layers, { width: 4 * stride, height: 4 * stride })
  return {
    classes: layers.classes,
    stride,
    parameters: model.parameterCount(),
    translate: (size, batch) => translateModel(layers, size, batch),
  }
}

/** The model of a training’s checkpoint: the averaged one where there is one (YOLOv5 models/experimental.py, attempt_load). */
function findModel(root: PickleValue): Block {
  if (!(root instanceof Map)) return new Block(root, 'model').expect('Model', 'DetectionModel')
  if ([...root.values()].some((value) => value instanceof PickledTensor)) {
    throw new CheckpointError(
      'it holds only weights (a state_dict), not the model that they belong to; save the checkpoint itself',
    )
  }
  return new Block(root.get('ema') ?? root.get('model'), 'model').expect('Model', 'DetectionModel')
}

function readLayers(model: Block, tensors: TensorReader): Layers {
  const all = model.child('model').expect('Sequential').children()
  const detect = all.at(-1)
  if (detect === undefined || all.length > maxLayers)
    throw new CheckpointError(`its model has ${all.length} layers`)
  const head = readDetectHead(detect, tensors)
  const classes = classNames(model.attribute('names'), head.classes)
  return { layers: all.slice(0, -1), detect, head, classes, tensors }
}

function classNames(names: PickleValue | undefined, count: number): readonly string[] {
  if (names === undefined || names === null) return Array.from({ length: count }, (_, id) => `class-${id}`)
  const get = (id: number): PickleValue | undefined => {
    if (Array.isArray(names)) return names[id]
    return names instanceof Map ? names.get(id) : undefined
  }
  const named = Array.isArray(names) ? names.length : names instanceof Map ? names.size : 0
  if (named !== count) throw new CheckpointError(`it names ${named} classes but gives scores for ${count}`)
  return Array.from({ length: count }, (_, id) => {
    const name = get(id)
    if (typeof name !== 'string' || name.length > 200)
      throw new CheckpointError(`its class ${id} has no name`)
    return name
  })
}

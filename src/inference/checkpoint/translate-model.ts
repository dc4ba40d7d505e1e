import type { OnnxGraph } from '../model/write-onnx.ts'
import type { ModelDescription } from '../model/model-description.ts'
import type { Block } from './block.ts'
import { addBlock } from './blocks.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { addDetectHead } from './detect-head.ts'
import type { DetectHead } from './detect-head.ts'
import { addFirstLayer } from './first-layer.ts'
import { GraphBuilder } from './graph-builder.ts'
import type { FeatureMap } from './graph-builder.ts'
import type { TensorReader } from './tensor-reader.ts'
import { inputName, yuvInput } from './yuv-input.ts'

/** A model’s layers in order, of which the last is the head. */
export interface Layers {
  readonly layers: readonly Block[]
  readonly detect: Block
  readonly head: DetectHead
  readonly classes: readonly string[]
  readonly tensors: TensorReader
}

/** A graph that is not yet written: what it takes and gives, and its nodes; its numbers are read when it is written. */
export interface TranslatedModel {
  readonly description: ModelDescription
  readonly graph: OnnxGraph
}

/**
 * Translates a model for frames of one size, whose sides are multiples of the largest stride (YOLOv5 models/yolo.py,
 * forward: each layer takes the maps that its `f` names), `batch` of them at once. Throws CheckpointError when the layers
 * do not fit together.
 */
export function translateModel(
  model: Layers,
  size: { readonly width: number; readonly height: number },
  batch = 1,
): TranslatedModel {
  const { layers, detect, head, classes, tensors } = model
  const graph = new GraphBuilder(batch)
  const to = { graph, tensors }
  const maps: FeatureMap[] = []
  for (const [index, layer] of layers.entries()) {
    maps.push(
      index === 0 ? addFirstLayer(layer, size, to) : addBlock(layer, inputsOf(layer, index, maps), to),
    )
  }
  const outputs = addDetectHead(detect, inputsOf(detect, layers.length, maps), { head, size, to })
  return {
    description: {
      inputName,
      inputShape: { width: size.width, height: size.height, pixelFormat: 'yuv420p' },
      batch,
      output: { kind: 'heads', levels: outputs.map(({ level }) => level) },
      classes,
      stride: Math.max(...head.strides),
    },
    graph: {
      name: 'yolov5',
      producer: 'edge',
      nodes: graph.nodes,
      constants: graph.constants,
      inputs: [yuvInput(size, batch)],
      outputs: outputs.map(({ map }) => ({
        name: map.name,
        elementType: 'float32',
        dims: [batch, map.channels, map.height, map.width],
      })),
    },
  }
}

/** The maps that a layer takes: -1 is the layer before, other numbers count from the first, or back when negative. */
function inputsOf(layer: Block, index: number, maps: readonly FeatureMap[]): readonly FeatureMap[] {
  const from = layer.attribute('f')
  return (Array.isArray(from) ? from : [from]).map((one) => {
    const map = typeof one === 'number' ? maps[one < 0 ? index + one : one] : undefined
    if (map === undefined) throw new CheckpointError(`its ${layer.path} takes a layer that is not before it`)
    return map
  })
}

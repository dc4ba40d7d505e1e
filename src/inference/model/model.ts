import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { ModelIdentity } from '../../domain/index.ts'
import type { FrameShape } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { CheckpointError, importerVersion, readCheckpoint } from '../checkpoint/index.ts'
import type { Checkpoint, TranslatedModel } from '../checkpoint/index.ts'
import { observeGraph, quantiseGraph, quantiserVersion } from '../quantise/index.ts'
import type { ActivationRanges, ObservingGraph } from '../quantise/index.ts'
import { describeGraph } from './describe-graph.ts'
import { footageShape, usualSide } from './footage-shape.ts'
import type { Size } from './footage-shape.ts'
import type { ModelDescription } from './model-description.ts'
import { readOnnx } from './onnx-file.ts'
import type { OnnxSummary } from './onnx-file.ts'
import { ProtobufError } from './protobuf.ts'
import { sniffFile } from './sniff.ts'
import { writeOnnx } from './write-onnx.ts'
import type { OnnxGraph } from './write-onnx.ts'

/** What the runtime is given. `bytes` writes the graph anew each time it is asked, unless it is the file itself. */
export interface ModelGraph {
  readonly description: ModelDescription
  readonly precision: 'float' | 'int8'
  bytes(): Uint8Array
}

/** Ranges of a model’s values by frame shape. */
export interface KnownRanges {
  /** Tells these from other ranges. */
  readonly mark: string
  of(shape: FrameShape): ActivationRanges | undefined
}

/** How a model becomes one that computes in whole numbers. */
export interface Quantising {
  /** The graph that tells of a frame, in place of detections, which ranges its values have. */
  observe(shape: FrameShape): Pick<ObservingGraph, 'rangesOf'> & Omit<ModelGraph, 'precision'>
  /** The model in int8 for the shapes of which the ranges are known, and in float for others. */
  apply(ranges: KnownRanges): Omit<Model, 'path' | 'identity'>
}

/** A model that was read once: what is hashed is what is run. */
export interface Model {
  readonly path: string
  readonly identity: ModelIdentity
  readonly kind: 'checkpoint' | 'onnx'
  readonly classes: readonly string[]
  /** The largest: 32 for P5 models, 64 for P6. */
  readonly stride: number
  /** Numbers that training made: a checkpoint’s parameters, or an exported file’s weights with what export put beside them. */
  readonly parameters: number
  /** Tells apart ways of reading the same file that may find something else in the same footage. */
  readonly reading: string
  /** The frames that are to be taken of footage of this size. */
  shapeFor(footage: Size): FrameShape
  /** The graph for frames of a shape that `shapeFor` gave. */
  graphFor(shape: FrameShape, options?: GraphOptions): ModelGraph
  /** Ranges are known of at least one shape, which `graphFor` computes in int8 then. */
  readonly hasInt8: boolean
  /** Only of models whose graph this program writes itself. */
  readonly quantising?: Quantising
}

export interface GraphOptions {
  /** Float whatever is known of int8: that was measured on the cpu, and says nothing of other providers. */
  readonly isFloat?: boolean
  /** Frames in one run; the graph’s description says how many it takes, which is 1 in int8 and where a file says 1. */
  readonly batch?: number
}

export interface OpenModelOptions extends Abortable {
  /** What people call it; default: the file’s name. */
  readonly name?: string | undefined
  /** Pixels of the longer side of frames; default: what the model was made for. */
  readonly imageSize?: number | undefined
}

const maxBytes = 2 ** 30

/**
 * Reads a YOLOv5 model: a checkpoint (.pt) or an exported ONNX file, told apart by content. Throws `path_missing` when
 * there is no such file, `model_invalid`, saying what was found, when it is not one that can be run, and `not_supported`
 * for an image size that it cannot take.
 */
export async function openModel(path: string, options: OpenModelOptions = {}): Promise<Model> {
  const bytes = await readModelFile(path, options.signal)
  const name = options.name ?? basename(path).replace(/\.(onnx|pt)$/i, '')
  const identity = { name, sha256: createHash('sha256').update(bytes).digest('hex') }
  const file = sniffFile(bytes)
  if (file.kind === 'other')
    throw invalid(path, `it is ${file.what}, not an ONNX file or a YOLOv5 checkpoint`)
  const opened =
    file.kind === 'zip'
      ? openCheckpoint(path, bytes, options.imageSize)
      : openOnnx(path, bytes, options.imageSize)
  return { path, identity, ...opened }
}

type Opened = Omit<Model, 'path' | 'identity'>

function openCheckpoint(path: string, bytes: Uint8Array, imageSize: number | undefined): Opened {
  return explained(path, () => {
    const checkpoint = readCheckpoint(bytes)
    const { stride } = checkpoint
    const side = imageSize ?? usualSide(stride)
    if (side % stride !== 0) throw wrongSize(path, side, `is not a multiple of the model’s stride, ${stride}`)
    return describeCheckpoint(path, { checkpoint, side })
  })
}

interface SizedCheckpoint {
  readonly checkpoint: Checkpoint
  /** Pixels of the longer side of frames. */
  readonly side: number
}

function describeCheckpoint(path: string, sized: SizedCheckpoint, known?: KnownRanges): Opened {
  const { checkpoint, side } = sized
  const { classes, stride, parameters } = checkpoint
  const translate = (shape: FrameShape, batch?: number): TranslatedModel =>
    explained(path, () => checkpoint.translate(shape, batch))
  const written = (graph: OnnxGraph) => () => explained(path, () => writeOnnx(graph))
  const quantised = known === undefined ? '' : `, int8 ${quantiserVersion} ${known.mark}`
  return {
    kind: 'checkpoint',
    classes,
    stride,
    parameters,
    reading: `checkpoint ${importerVersion}${side === 640 ? '' : ` at ${side}`}${quantised}`,
    hasInt8: known !== undefined,
    shapeFor: (footage) => footageShape(footage, stride, side),
    graphFor: (shape, { isFloat = false, batch = 1 } = {}) => {
      const ranges = isFloat ? undefined : known?.of(shape)
      const { graph, description } = translate(shape, ranges === undefined ? batch : 1)
      return ranges === undefined
        ? { description, precision: 'float', bytes: written(graph) }
        : { description, precision: 'int8', bytes: written(quantiseGraph(graph, ranges)) }
    },
    quantising: {
      observe: (shape) => {
        const { graph, description } = translate(shape)
        const observing = observeGraph(graph)
        return { description, bytes: written(observing.graph), rangesOf: observing.rangesOf }
      },
      apply: (ranges) => describeCheckpoint(path, sized, ranges),
    },
  }
}

function wrongSize(path: string, side: number, why: string): EdgeError {
  return new EdgeError('not_supported', `an image size of ${side} cannot be used with ${path}: it ${why}`, {
    hint: 'Leave --imgsz out, or give a size that fits the model; `edge model inspect MODEL` shows its stride.',
    details: { path },
  })
}

/** Says of which file a CheckpointError is. */
function explained<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    throw invalid(path, error.message, error)
  }
}

function openOnnx(path: string, bytes: Uint8Array, imageSize: number | undefined): Opened {
  const summary = outline(path, bytes)
  if (summary.externalTensors.length > 0) {
    const [first] = summary.externalTensors
    throw invalid(
      path,
      `its weights lie in another file (${first ?? ''} and perhaps more); export it as one file`,
    )
  }
  if (summary.foreignDomains.length > 0) {
    throw invalid(path, `it needs operators that are not ONNX’s own: ${summary.foreignDomains.join(', ')}`)
  }
  if (summary.absurdity !== undefined) throw invalid(path, summary.absurdity)
  const exported = describeGraph(summary)
  if (typeof exported === 'string') throw invalid(path, exported)
  const { description, takesBatches } = exported
  const { width, height } = description.inputShape
  if (imageSize !== undefined && imageSize !== Math.max(width, height))
    throw wrongSize(path, imageSize, `was exported for ${width}x${height} and takes nothing else`)
  return {
    kind: 'onnx',
    classes: description.classes,
    stride: description.stride,
    parameters: summary.weights,
    reading: 'onnx',
    hasInt8: false,
    shapeFor: () => description.inputShape,
    graphFor: (_shape, { batch = 1 } = {}) => ({
      description: { ...description, batch: takesBatches ? batch : 1 },
      precision: 'float',
      bytes: () => bytes,
    }),
  }
}

async function readModelFile(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const found = await stat(path)
    const { size } = found
    // A folder is told by the error of reading it; devices and pipes might never end.
    if (!found.isFile() && !found.isDirectory()) throw invalid(path, 'it is no regular file')
    if (size > maxBytes) throw invalid(path, `it has ${size} bytes, more than ${maxBytes}`)
    return await readFile(path, signal === undefined ? {} : { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof EdgeError) throw cause
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new EdgeError('path_missing', `no model at ${path}`, { cause })
    throw invalid(path, `it cannot be read (${code ?? String(cause)})`, cause)
  }
}

function outline(path: string, bytes: Uint8Array): OnnxSummary {
  try {
    return readOnnx(bytes)
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    throw invalid(path, `it is no ONNX file, or a damaged one: ${error.message}`, error)
  }
}

function invalid(path: string, found: string, cause?: unknown): EdgeError {
  return new EdgeError('model_invalid', `the model ${path} cannot be used: ${found}`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  })
}

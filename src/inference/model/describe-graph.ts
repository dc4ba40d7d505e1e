import { parseClassNames } from './class-names.ts'
import { cocoClasses } from './coco-classes.ts'
import type { ModelDescription } from './model-description.ts'
import type { OnnxSummary, OnnxValue } from './onnx-file.ts'

const float32 = 1
const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  10: 'float16',
  11: 'float64',
}
const maxSide = 4096

/** A graph that is there already. */
export interface ExportedGraph {
  /** For one frame at a time. */
  readonly description: ModelDescription
  /** It takes any number of frames at once. */
  readonly takesBatches: boolean
}

/** The description of a YOLOv5 graph as export.py writes it, or one sentence that says why it is none. */
export function describeGraph(summary: OnnxSummary): ExportedGraph | string {
  const [input, ...others] = summary.inputs
  if (input === undefined || others.length > 0) return `it has ${summary.inputs.length} inputs instead of one`
  if (input.elementType !== float32) {
    return `its input ${show(input)} is not float32; export it without --half`
  }
  const [batch, channels, height, width] = input.dims
  if (typeof height !== 'number' || typeof width !== 'number') {
    return `its input ${show(input)} has no fixed size; export it without --dynamic`
  }
  if (input.dims.length !== 4 || (isFixed(batch) && batch !== 1) || channels !== 3) {
    return `its input ${show(input)} is not [1, 3, height, width]`
  }
  const output = summary.outputs.find((candidate) => candidate.dims.length === 3)
  if (output?.elementType !== float32) {
    return `none of its outputs (${summary.outputs.map(show).join(', ')}) is float32 [1, boxes, 5 + classes]`
  }
  const [outputBatch, rows, columns] = output.dims
  if (isFixed(outputBatch) !== isFixed(batch) || (isFixed(outputBatch) && outputBatch !== 1))
    return `its output ${show(output)} is not for as many frames as its input ${show(input)}`
  if (typeof rows !== 'number' || typeof columns !== 'number') {
    return `its output ${show(output)} is not [1, boxes, 5 + classes] of fixed size`
  }
  const description = describeSizes({ summary, input, output, width, height, rows, columns })
  if (typeof description === 'string') return description
  return { description, takesBatches: !isFixed(batch) }
}

function isFixed(dim: OnnxValue['dims'][number] | undefined): dim is number {
  return typeof dim === 'number'
}

function describeSizes(found: {
  summary: OnnxSummary
  input: OnnxValue
  output: OnnxValue
  width: number
  height: number
  rows: number
  columns: number
}): ModelDescription | string {
  const { summary, input, output, width, height, rows, columns } = found
  const stride = [32, 64].find((largest) => rowsOf(width, height, largest) === rows)
  if (width % 32 !== 0 || height % 32 !== 0 || Math.max(width, height) > maxSide || stride === undefined) {
    const expected = rowsOf(width, height, 32)
    return (
      `its output ${show(output)} does not fit a YOLOv5 of ${width}x${height} ([1, ${expected}, 5 + classes])` +
      (columns > rows ? '; it looks like a YOLOv8 or later' : '')
    )
  }
  if (columns < 6) return `its output ${show(output)} has no room for a class`
  const classes = classNames(summary, columns - 5)
  if (typeof classes === 'string') return classes
  return {
    inputName: input.name,
    inputShape: { width, height, pixelFormat: 'gbrp' },
    batch: 1,
    output: { kind: 'boxes', name: output.name, rows },
    classes,
    stride,
  }
}

/** Three anchors in each cell of the grids of stride 8, 16, ... up to the largest (YOLOv5 models/yolo.py, Detect). */
function rowsOf(width: number, height: number, largestStride: number): number {
  let rows = 0
  for (let stride = 8; stride <= largestStride; stride *= 2) rows += 3 * (width / stride) * (height / stride)
  return rows
}

function classNames(summary: OnnxSummary, count: number): readonly string[] | string {
  const text = summary.metadata.get('names')
  if (text === undefined) {
    return count === cocoClasses.length
      ? cocoClasses
      : Array.from({ length: count }, (_, id) => `class-${id}`)
  }
  const names = parseClassNames(text)
  if (names === undefined) return `its class names cannot be read: ${text.slice(0, 80)}`
  if (names.length !== count) return `it names ${names.length} classes but gives scores for ${count}`
  return names
}

function show({ name, elementType, dims }: OnnxValue): string {
  const type = elementTypes[elementType] ?? `type ${elementType}`
  return `${name} ${type} [${dims.map((dim) => dim ?? '?').join(', ')}]`
}

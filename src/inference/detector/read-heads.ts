import type { HeadLevel } from '../model/model-description.ts'
import type { DetectionFilter } from './detection.ts'
import { outOfRange } from './read-boxes.ts'
import type { PixelBox } from './read-boxes.ts'

/** One raw map of YOLOv5’s head with its numbers. */
export interface HeadMap extends HeadLevel {
  readonly data: Float32Array
}

/**
 * Decodes raw head maps as YOLOv5’s Detect does (models/yolo.py, forward) with the thresholds of `readBoxes`, and in the
 * order of its rows. Objectness first: most cells end there. Numbers that no such model gives are `model_invalid`.
 */
export function readHeads(maps: readonly HeadMap[], classes: number, filter: DetectionFilter): PixelBox[] {
  const wanted = filter.classIds === undefined ? undefined : new Set(filter.classIds)
  const boxes: PixelBox[] = []
  for (const map of maps) {
    const cells = map.rows * map.columns
    for (const [index, anchor] of map.anchors.entries()) {
      const numbers = map.data.subarray(index * (5 + classes) * cells, (index + 1) * (5 + classes) * cells)
      for (const box of readAnchor(numbers, { map, anchor, classes, threshold: filter.scoreThreshold })) {
        if (wanted?.has(box.classId) !== false) boxes.push(box)
      }
    }
  }
  return boxes
}

interface AnchorContext {
  readonly map: HeadMap
  readonly anchor: readonly [number, number]
  readonly classes: number
  readonly threshold: number
}

/** `numbers` are 5 + classes planes of one number a cell. */
function readAnchor(numbers: Float32Array, context: AnchorContext): PixelBox[] {
  const { map, classes, threshold } = context
  const cells = map.rows * map.columns
  const leastLogit = logit(threshold)
  const boxes: PixelBox[] = []
  for (let cell = 0; cell < cells; cell++) {
    const objectness = numbers[4 * cells + cell] as number
    // Written so that NaN is not passed over.
    if (objectness <= leastLogit) continue
    if (!Number.isFinite(objectness)) throw outOfRange('objectness', objectness)
    let classId = 0
    let best = -Infinity
    for (let id = 0; id < classes; id++) {
      const score = numbers[(5 + id) * cells + cell] as number
      if (!Number.isFinite(score)) throw outOfRange('class score', score)
      if (score > best) [classId, best] = [id, score]
    }
    const score = sigmoid(objectness) * sigmoid(best)
    if (score > threshold) boxes.push({ ...decode(numbers, cell, context), score, classId })
  }
  return boxes
}

/** x = (2 sigmoid - 0.5 + column) stride, width = (2 sigmoid)^2 anchor, and likewise y and height. */
function decode(
  numbers: Float32Array,
  cell: number,
  { map, anchor }: AnchorContext,
): Pick<PixelBox, 'left' | 'top' | 'right' | 'bottom'> {
  const { columns, stride } = map
  const cells = map.rows * columns
  const part = (plane: number): number => {
    const value = numbers[plane * cells + cell] as number
    if (!Number.isFinite(value)) throw outOfRange('coordinate', value)
    return 2 * sigmoid(value)
  }
  const x = (part(0) - 0.5 + (cell % columns)) * stride
  const y = (part(1) - 0.5 + Math.floor(cell / columns)) * stride
  const width = part(2) ** 2 * anchor[0]
  const height = part(3) ** 2 * anchor[1]
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** The inverse of `sigmoid`: infinite at 0 and 1. */
function logit(share: number): number {
  return Math.log(share / (1 - share))
}

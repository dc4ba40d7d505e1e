import { EdgeError } from '../../domain/index.ts'
import type { DetectionFilter } from './detection.ts'

/** A box in pixels of the model’s input: left, top, right, bottom. */
export interface PixelBox {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly score: number
  readonly classId: number
}

/**
 * Reads the rows [xCentre, yCentre, width, height, objectness, class scores...] of a decoded YOLOv5 output: one box a
 * row, of its best class, kept when objectness and objectness x class score are above the threshold (YOLOv5 v7.0
 * utils/general.py, non_max_suppression with multi_label off). Numbers that no such model gives are `model_invalid`.
 */
export function readBoxes(output: Float32Array, classes: number, filter: DetectionFilter): PixelBox[] {
  const columns = 5 + classes
  const wanted = filter.classIds === undefined ? undefined : new Set(filter.classIds)
  const boxes: PixelBox[] = []
  for (let row = 0; row < output.length; row += columns) {
    const objectness = output[row + 4] as number
    if (!isScore(objectness)) throw outOfRange('objectness', objectness)
    if (objectness <= filter.scoreThreshold) continue
    const box = readRow(output, row, columns)
    if (box.score > filter.scoreThreshold && wanted?.has(box.classId) !== false) boxes.push(box)
  }
  return boxes
}

function readRow(output: Float32Array, row: number, columns: number): PixelBox {
  let classId = 0
  let best = -1
  for (let column = 5; column < columns; column++) {
    const score = output[row + column] as number
    if (!isScore(score)) throw outOfRange('class score', score)
    if (score > best) [classId, best] = [column - 5, score]
  }
  const [x, y, width, height, objectness] = output.subarray(row, row + 5) as unknown as FiveNumbers
  for (const value of [x, y, width, height])
    if (!Number.isFinite(value)) throw outOfRange('coordinate', value)
  return {
    left: x - width / 2,
    top: y - height / 2,
    right: x + width / 2,
    bottom: y + height / 2,
    score: Math.min(1, objectness * best),
    classId,
  }
}

type FiveNumbers = readonly [number, number, number, number, number]

/** A sigmoid’s value; reduced precision may end a little above 1. False for NaN. */
function isScore(value: number): boolean {
  return value >= -0.01 && value <= 1.01
}

/** The error for a number that no YOLOv5 gives. */
export function outOfRange(what: string, value: number): EdgeError {
  return new EdgeError('model_invalid', `the model gave ${what} ${value}: its output cannot be trusted`, {
    hint: 'Export the model again, or use another execution provider.',
  })
}

import type { Detection } from './detection.ts'
import type { PixelBox } from './read-boxes.ts'

/** Where the picture lies in the model’s input, in pixels. */
export interface PictureArea {
  readonly padX: number
  readonly padY: number
  readonly scaledWidth: number
  readonly scaledHeight: number
}

/** Numbers a box is packed into between threads: left, top, right, bottom, score, class id. */
const packedBoxLength = 6

/** Boxes as numbers, to pass between threads. */
export function packBoxes(boxes: readonly PixelBox[]): Float64Array {
  const packed = new Float64Array(boxes.length * packedBoxLength)
  for (const [index, { left, top, right, bottom, score, classId }] of boxes.entries()) {
    packed.set([left, top, right, bottom, score, classId], index * packedBoxLength)
  }
  return packed
}

/** Boxes in pixels of the letterboxed input as detections in 0..1 of the picture; what lies outside it is cut off. */
export function mapBoxes(packed: Float64Array, area: PictureArea): Detection[] {
  const detections: Detection[] = []
  for (let at = 0; at < packed.length; at += packedBoxLength) {
    const [left, top, right, bottom, score, classId] = packed.subarray(
      at,
      at + packedBoxLength,
    ) as unknown as readonly [number, number, number, number, number, number]
    const x1 = clamp((left - area.padX) / area.scaledWidth)
    const x2 = clamp((right - area.padX) / area.scaledWidth)
    const y1 = clamp((top - area.padY) / area.scaledHeight)
    const y2 = clamp((bottom - area.padY) / area.scaledHeight)
    if (x2 <= x1 || y2 <= y1) continue
    detections.push({ classId, score, box: [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1] })
  }
  return detections
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}

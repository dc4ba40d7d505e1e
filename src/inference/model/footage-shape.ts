import type { FrameShape } from '../../media/index.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** The longer side that YOLOv5 trains models of this largest stride for: 640, and 1280 with P6 heads (README of YOLOv5 7.0). */
export function usualSide(stride: number): number {
  return stride >= 64 ? 1280 : 640
}

/**
 * The smallest frame that holds footage scaled to so many pixels on its longer side, both sides multiples of the model’s
 * largest stride: 640x384 for 16:9 at 640 (utils/augmentations.py of YOLOv5 7.0, letterbox with auto).
 */
export function footageShape(
  { width, height }: Size,
  stride: number,
  longestSide = usualSide(stride),
): FrameShape {
  const scale = longestSide / Math.max(width, height)
  // Chroma planes have half the size and the graph splits frames by rows, so no multiple of less than 4 will do.
  const step = Math.max(stride, 4)
  const side = (length: number): number => step * Math.max(1, Math.ceil(Math.round(length * scale) / step))
  return { width: side(width), height: side(height), pixelFormat: 'yuv420p' }
}

import type { Box } from '../../domain/index.ts'

/** One object in one frame. `box` is [xCentre, yCentre, width, height] in 0..1 of the picture, `score` 0..1. */
export interface Detection {
  readonly classId: number
  readonly score: number
  readonly box: Box
  /** What another model takes the object for; null where it looked and saw nothing, absent where it did not look. */
  readonly label?: Label | null
}

/** A class and how sure a model is of it. */
export type Label = Pick<Detection, 'classId' | 'score'>

/** What was found in one frame of footage, by descending score. */
export interface FrameDetections {
  readonly index: number
  readonly seconds: number
  readonly detections: readonly Detection[]
}

/** Which boxes count: YOLOv5’s thresholds, and the wanted class ids (all when left out). */
export interface DetectionFilter {
  readonly scoreThreshold: number
  readonly iouThreshold: number
  readonly maxDetections: number
  readonly classIds?: readonly number[] | undefined
}

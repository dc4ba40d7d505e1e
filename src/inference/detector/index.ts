/**
 * Frames to detections: ONNX Runtime sessions in worker threads (a run blocks its thread), YOLOv5’s thresholds and
 * non-maximum suppression, boxes in 0..1 of the picture. The only folder that imports onnxruntime-node.
 */
export { createDetector } from './detector.ts'
export type { Detector, DetectorInit, OpenDetector } from './detector.ts'
export type { Detection, DetectionFilter, FrameDetections } from './detection.ts'
export { describeRuntime } from './runtime.ts'
export type { ProviderChoice, ProviderWish } from './provider.ts'

/**
 * Frames to detections: execution providers with their fallbacks (ONNX Runtime sessions in worker threads, a run blocks
 * its thread; or a detector program), YOLOv5’s thresholds and non-maximum suppression, boxes in 0..1 of the picture. The
 * only folder that imports onnxruntime-node.
 */
export { createDetector } from './detector.ts'
export type { Detector, DetectorInit, DetectorParts, OpenDetector } from './detector.ts'
export type { Detection, DetectionFilter, FrameDetections, Label } from './detection.ts'
export { describeRuntime } from './runtime.ts'
export type { RunCounts } from './run-counts.ts'
export { knownProviders } from './provider.ts'
export type { AcceleratorSetup, ProviderChoice, ProviderWish } from './provider.ts'
export { openSidecar } from './sidecar/index.ts'
export { tryProvider } from './try-provider.ts'

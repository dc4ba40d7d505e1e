/**
 * The engine that runs YOLOv5 by ONNX Runtime over the job’s videos: the Engine port around the inference program, with
 * one checkpoint for each finished file.
 */
export { createOnnxEngine } from './onnx-engine.ts'
export type { OnnxEngineInit, ResolvedModel } from './onnx-engine-init.ts'

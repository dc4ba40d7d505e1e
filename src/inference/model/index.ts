/**
 * Model files: reads an ONNX file’s outline or a YOLOv5 checkpoint without running it, and says whether it is a YOLOv5
 * this program can run, what it wants as input and which classes it knows.
 */
export { openModel } from './model.ts'
export type { HeadLevel, ModelDescription } from './model-description.ts'
export type { KnownRanges, Model, ModelGraph, OpenModelOptions, Quantising } from './model.ts'

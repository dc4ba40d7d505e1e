/**
 * Model files: reads an ONNX file’s outline without running it, and says whether it is a YOLOv5 this program can run,
 * what it wants as input and which classes it knows.
 */
export { openModel } from './model.ts'
export type { ModelDescription } from './model-description.ts'
export type { Model } from './model.ts'

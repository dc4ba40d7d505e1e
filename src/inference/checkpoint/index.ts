/**
 * PyTorch checkpoints of YOLOv5 as graphs: a zip reader, an unpickler that runs nothing and knows few names, and a
 * translation of the model’s blocks into ONNX, with an input made for video (one yuv420p frame of bytes, colours
 * converted by the first convolution) and the raw maps of the head as outputs.
 */
export { CheckpointError } from './checkpoint-error.ts'
export { importerVersion, readCheckpoint } from './read-checkpoint.ts'
export type { Checkpoint } from './read-checkpoint.ts'
export type { TranslatedModel } from './translate-model.ts'

/**
 * Int8 for a model on somebody’s own footage: frames show the ranges of its values, frames held out show whether its
 * boxes are still those of float, and what is accepted is kept by model and frame shape.
 */
export { calibrateForRun } from './calibrate-for-run.ts'
export { quantiseModel } from './quantise-model.ts'
export type { QuantiseInit, QuantisedShape } from './quantise-model.ts'
export { observeFrames } from './observe-frames.ts'
export { knownRanges } from './kept-ranges.ts'
export type { FootageFrame, ProbedVideo } from './sample-footage.ts'
export { demandInt8, withPrecision } from './with-precision.ts'

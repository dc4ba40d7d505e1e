/**
 * Inference: video in, significant events and their clips out. A library and a child-process program that know nothing
 * of jobs, nodes or networks and can be used and measured alone.
 */
export { withPrecision } from './calibration/index.ts'
export { createDetector, knownProviders, openSidecar, tryProvider } from './detector/index.ts'
export type {
  AcceleratorSetup,
  Detection,
  DetectionFilter,
  Detector,
  DetectorInit,
  FrameDetections,
} from './detector/index.ts'
export { detectByLabels, detectFiles } from './detect-files.ts'
export type { DetectFilesInit } from './detect-files.ts'
export { openModel } from './model/index.ts'
export type { Model, ModelDescription, ModelGraph } from './model/index.ts'
export { Fragment, analyse, lookedForClassIds, wantedClassIds } from './pipeline/index.ts'
export type { AnalyseInit, DetectSettings, Documents } from './pipeline/index.ts'
export { describeRuntimeApart, runLabelProgram, runProgram } from './program/index.ts'
export type { LabelRequest, ProgramRequest, RunTotals, RuntimeDescription } from './program/index.ts'
export { findSources } from './sources.ts'
export { tryModel } from './try-model.ts'
export type { ModelTrial } from './try-model.ts'

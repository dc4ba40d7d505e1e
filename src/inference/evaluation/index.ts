/**
 * Evaluation: events against a truth. Recall, precision, false events an hour, coverage, errors of the boundaries, and
 * bounds on them that can fail a build; a truth is written by people or made of dense labels. Pure functions, but for
 * `readLabels`; nothing here loads a model or a decoder.
 */
export { cocoClasses } from '../model/coco-classes.ts'
export { checkBounds } from './bounds.ts'
export type { BoundCheck, Bounds } from './bounds.ts'
export { timesByLedger, truthDocumentOf } from './label-truth.ts'
export type { FrameTimes } from './label-truth.ts'
export { rulesOfPolicy } from './labels-to-truth.ts'
export { defaultRule } from './match-events.ts'
export type { MatchRule } from './match-events.ts'
export { readLabels } from './read-labels.ts'
export { evaluate } from './score-events.ts'
export type { Evaluation, Scores } from './score-events.ts'
export { median, quantile } from './spread.ts'
export { TruthDocument } from './truth.ts'
export { truthOfEvents } from './truth-of-events.ts'

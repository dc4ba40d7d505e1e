/**
 * Footage to documents: probes, samples, detects, tracks, selects and cuts, one file after another, and writes
 * `events.json` and `ledger.json`. Every second of every file ends up as processed or in a gap with its reason.
 */
export { analyse } from './analyse.ts'
export type { AnalyseInit, AnalyseListeners, DetectSettings } from './analyse.ts'
export { lookedForClassIds, wantedClassIds } from './analysis.ts'
export { totalSeconds } from './coverage.ts'
export type { Documents } from './documents.ts'
export { readEarlierRun } from './earlier-run.ts'
export { Fragment, VideoSource } from './fragment.ts'

/**
 * Footage to documents: probes, samples, detects, tracks, selects and cuts, one file after another, and writes
 * `events.json` and `ledger.json`. Every second of every file ends up as processed or in a gap with its reason.
 */
export { analyse } from './analyse.ts'
export type { AnalyseInit, AnalyseListeners, DetectSettings } from './analyse.ts'
export { lookedForClassIds, wantedClassIds } from './analysis.ts'
export { totalSeconds } from './coverage.ts'
export { measure } from './cover-pieces.ts'
export type { Footage } from './cut-event.ts'
export { cutEvents } from './cut-events.ts'
export { mediaReason } from './decode-video.ts'
export { joinFragments, removeStrays, writeDocuments } from './documents.ts'
export type { Documents } from './documents.ts'
export { drawSource } from './draw-source.ts'
export { fileState, fingerprintFootage } from './footage.ts'
export { readEarlierRun } from './earlier-run.ts'
export { Fragment, VideoSource } from './fragment.ts'

/**
 * Detections to tracks: one object followed through time by overlap with where it should be. Knows seconds of footage
 * only, no frame rates, no clock.
 */
export { boxOverlap } from './boxes.ts'
export { Tracker } from './tracker.ts'
export { medianScore } from './track.ts'
export type { Track } from './track.ts'

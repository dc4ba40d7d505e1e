/**
 * Detections to tracks: one object followed through time by overlap with where a Kalman filter expects it, sure
 * detections first, unsure ones after them; tracks of an object that was out of sight are stitched together. Knows
 * seconds of footage only, no frame rates, no clock.
 */
export { boxOverlap, widenBox } from './boxes.ts'
export { sightingsOf } from './sightings.ts'
export { stitchTracks } from './stitch.ts'
export { Tracker } from './tracker.ts'
export { median, medianScore, peakOf } from './track.ts'
export type { Track, TrackPoint } from './track.ts'

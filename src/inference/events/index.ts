/**
 * Tracks to significant events: which intervals of footage the policy selects, what they are called and how they are
 * written. Pure functions of their arguments.
 */
export { describeEvent } from './describe-event.ts'
export type { EventContext } from './describe-event.ts'
export { eventId, settingsKey } from './event-id.ts'
export type { AnalysisSettings } from './event-id.ts'
export { sourceFolder, timeName } from './names.ts'
export { unmasked } from './places.ts'
export type { PictureSize } from './places.ts'
export { ceilSeconds, floorSeconds, roundExactly } from './rounding.ts'
export { openSince } from './open-since.ts'
export { selectEvents } from './select-events.ts'
export type { SelectedEvent } from './select-events.ts'
export type { Visit } from './visits.ts'

/**
 * Events out of detections that another program left, as label files (`labels/<stem>_<frame>.txt`) or a
 * detections.jsonl: tracked, selected and cut as what this program detects itself. Nothing that was left is trusted.
 */
export { labelEvents } from './label-events.ts'
export type { LabelEventsInit, LabelEventsListeners } from './label-events.ts'
export type { LabelRoot } from './find-labels.ts'

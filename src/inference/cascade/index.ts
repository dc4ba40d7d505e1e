/**
 * From a file to detections with as little work as tells the same events: which frames are decoded, in which pieces at
 * once, and which of them the model sees. `planCascade` decides from the packets and the policy; `walkCascade` does it.
 */
export { hidesObjects, planCascade, shortestEventSeconds, type CascadePlan, type Mode } from './plan.ts'
export type { HoldAnswer } from './hold.ts'
export { walkCascade, type ChunkOutcome } from './walk-cascade.ts'

/**
 * The fleet: who belongs to it (membership.ts), who is there now, and what they have free. What is kept of a node is in the
 * store; connectivity, free resources and progress are only in memory, and are heard anew after a restart.
 */
export { labelsOf } from './labels.ts'
export { Fleet, type FleetEvent } from './fleet.ts'
export type { Member } from './member.ts'
export type { Membership } from './membership.ts'

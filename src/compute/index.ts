/**
 * The compute daemon of a node: admits work that fits the node and its owner’s rules, runs it on the node’s engines,
 * publishes what it leaves and reports to the one requester it joined. What it accepted is on disk, so that it goes on
 * after a crash, and it needs the network only to talk, not to work.
 */
export { createCompute } from './compute.ts'
export type { Compute, ComputeStatus } from './compute.ts'
export type { JobProbe, JobSelection } from './selection.ts'
export type { ComputeInit } from './init.ts'
export type { ComputeTimings } from './timings.ts'

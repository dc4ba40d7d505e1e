/**
 * Graphs in whole numbers: from a float graph and the ranges its values were seen in on real footage to the same graph
 * with int8 weights and uint8 values, which a CPU computes faster.
 */
export type { ActivationRange, ActivationRanges } from './activation-range.ts'
export { joinRanges } from './activation-range.ts'
export { observeGraph } from './observe-graph.ts'
export type { ObservingGraph } from './observe-graph.ts'
export { quantiseGraph, quantiserVersion } from './quantise-graph.ts'

/**
 * What the daemons need from the world, as types only. Every port has one conformance suite under test/conformance
 * that each of its adapters runs, the in-memory ones too.
 */
export type * from './block-store.ts'
export type * from './clock.ts'
export type * from './compute-store.ts'
export type * from './engine.ts'
export type * from './input-source.ts'
export type * from './log.ts'
export type * from './network.ts'
export type * from './orchestrator.ts'
export type * from './publisher.ts'
export type * from './requester-store.ts'
export type * from './startable.ts'

/**
 * The node’s cache of fetched inputs, shared by the sources that fetch: one fetch at a time for the same thing, a quota,
 * what was not used longest goes first, and never what an execution still uses.
 */
export { cacheUsage } from './cache-entry.ts'
export { isFolderThere } from './cached-tree.ts'
export { InputCache, type Fetching, type InputCacheInit, type Wanted } from './input-cache.ts'

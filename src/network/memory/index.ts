/**
 * Networks inside one process, for tests and simulations: the same calls, schemas, limits and errors as libp2p, no
 * sockets, and a hub that cuts and heals links at will. Addresses look like /memory/<node id>.
 */
export { createMemoryHub } from './hub.ts'
export type { MemoryHub, MemoryHubInit } from './hub.ts'

/**
 * The Network port, twice: over libp2p (TCP, noise, yamux) between machines, and in memory for tests. Both make and
 * answer calls with rpc/; only the channels differ.
 */
export { createLibp2pNetwork, loadIdentity } from './libp2p/index.ts'
export type { Libp2pNetworkInit } from './libp2p/index.ts'
export { createMemoryHub } from './memory/index.ts'
export type { MemoryHub, MemoryHubInit } from './memory/index.ts'

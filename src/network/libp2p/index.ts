/**
 * The Network port over js-libp2p: TCP, noise and yamux, one stream a call, frames of a u32 length and CBOR. The
 * identity and the pinned peers lie in the data directory. Takes about 400 ms to import.
 */
export { loadIdentity } from './identity.ts'
export { createLibp2pNetwork } from './libp2p-network.ts'
export type { Libp2pNetworkInit } from './libp2p-network.ts'

/**
 * The calls of domain/messages.ts over any two-way line of frames (a Channel): encoding, schemas at both ends, size
 * limits, deadlines, the gate, errors as data, streams with backpressure. Memory and libp2p differ in channels only,
 * so what is true of one is true of the other.
 */
export type { Channel } from './channel.ts'
export { brokeOff, channelPair, createWire } from './channel-pair.ts'
export type { Wire } from './channel-pair.ts'
export { decodeBody } from './codec.ts'
export { RpcEndpoint } from './endpoint.ts'
export type { ProtocolName } from './answering.ts'
export { maxRequestBytes } from './answering.ts'
export { PeerSet } from './peer-set.ts'
export { defer } from './deferred.ts'

/** Every bound of the transport; the library’s own defaults are partly too low for a fleet, partly too high for a node. */
export interface Libp2pLimits {
  /** Connections altogether; more are refused. */
  readonly maxConnections: number
  /** Connections whose handshake is not over. A whole fleet comes back at once when the requester restarts. */
  readonly maxPendingConnections: number
  /** New connections per second from one IP address; many nodes may sit behind one router. */
  readonly maxConnectionsPerSecond: number
  /** Calls that one peer may have open here at once, on one connection. */
  readonly maxControlStreams: number
  readonly maxBlocksStreams: number
}

export const defaultLimits: Libp2pLimits = {
  maxConnections: 1024,
  maxPendingConnections: 256,
  maxConnectionsPerSecond: 128,
  maxControlStreams: 256,
  maxBlocksStreams: 32,
}

/** Unread bytes of one stream under way: yamux’s smallest window. At 1 Mbit/s these are 2 s, so heartbeats still pass. */
export const windowBytes = 262_144
/** Unread bytes of one stream before it is reset; a peer that heeds the window never gets there. */
export const maxReadBufferBytes = 2 * windowBytes
/** Unsent bytes of one stream: one frame (2 MiB at most) and room. */
export const maxWriteBufferBytes = 4_194_304
/** Streams that identify, ping and unfinished negotiations need besides the calls. */
export const spareStreams = 32

/** A dead connection is noticed after at most both together; a ping has to wait behind the blocks on a thin uplink. */
export const pingIntervalMs = 10_000
export const pingTimeoutMs = 15_000
/** Pings that may overlap, given the two numbers above. */
export const maxPingStreams = 8

/** TCP, noise and yamux together. */
export const dialDeadlineMs = 6_000
export const upgradeDeadlineMs = 10_000
/** A connection that does not close properly by then is reset. */
export const closeDeadlineMs = 250

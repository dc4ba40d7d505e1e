import type { Method, NodeId, RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '../domain/index.ts'
import type { Abortable, Startable } from './startable.ts'

/** Who calls; `signal` is aborted when the caller is gone or the deadline is over. */
export interface CallContext {
  readonly peer: NodeId
  readonly signal: AbortSignal
}

/** What a daemon answers. Throw an EdgeError to answer with an error: its code, message and hint reach the caller. */
export type Handlers = {
  [M in Method]?: M extends UnaryMethod
    ? (request: RequestOf<M>, context: CallContext) => Promise<ResponseOf<M>>
    : (request: RequestOf<M>, context: CallContext) => AsyncIterable<ResponseOf<M>>
}

export interface PeerEvent {
  readonly peer: NodeId
  readonly connected: boolean
}

/** A link that is kept: dialled again with full jitter (0.5 s up to 60 s) until closed. */
export interface Link {
  /** Resolves with the peer when first connected; the id is then pinned, also when the address did not name it. */
  readonly peer: Promise<NodeId>
  close(): Promise<void>
}

/**
 * Typed calls between nodes (see domain/messages.ts). Messages are checked against their schemas at both ends; size
 * limits and deadlines are the table’s. A node may call itself: nothing leaves the process then.
 */
export interface Network extends Startable {
  readonly self: NodeId
  /** Full multiaddrs (with /p2p/ID) on which others reach this node; the most useful first. Known after start. */
  multiaddrs(): readonly string[]
  /** Adds handlers; a method can be handled once. Handlers may be added before or after start. */
  handle(handlers: Handlers): void
  /** Only approved peers may call anything but the open methods. Asked at every call; default: everybody. */
  setGate(isApproved: (peer: NodeId) => boolean): void
  /**
   * Throws `peer_unreachable` when there is no connection, `rpc_timeout` after the method’s deadline, the remote’s own
   * EdgeError when it answered with one, `not_approved` at the gate, `rpc_protocol` for what no schema allows.
   */
  call<M extends UnaryMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options?: Abortable,
  ): Promise<ResponseOf<M>>
  /** Errors as `call`, thrown while iterating. Leaving the loop closes the stream at both ends. Slow readers slow the sender. */
  stream<M extends StreamMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options?: Abortable,
  ): AsyncIterable<ResponseOf<M>>
  /** Dials and keeps a link. Throws `config_invalid` for what is no multiaddr. */
  keepLink(multiaddr: string): Link
  isConnected(peer: NodeId): boolean
  /** Called on every change; returns the way to stop that. */
  onPeer(listener: (event: PeerEvent) => void): () => void
}

import type { Connection, Stream } from '@libp2p/interface'
import { EdgeError, NodeId, shortId } from '../../domain/index.ts'
import type { Log } from '../../ports/index.ts'
import { PeerSet } from '../rpc/index.ts'

/** The open connections of this node by peer; `peers` tells of the first and the last of each. */
export class Connections {
  readonly peers: PeerSet
  readonly #byPeer = new Map<NodeId, Connection[]>()

  constructor(log: Log) {
    this.peers = new PeerSet(log)
  }

  add(connection: Connection): void {
    // One that the other end closed during the handshake never reports its end.
    if (connection.status !== 'open') return
    const peer = peerOf(connection)
    this.#byPeer.set(peer, [...(this.#byPeer.get(peer) ?? []), connection])
    this.peers.opened(peer)
  }

  remove(connection: Connection): void {
    const peer = peerOf(connection)
    const before = this.#byPeer.get(peer) ?? []
    const after = before.filter((other) => other !== connection)
    if (after.length === before.length) return
    if (after.length === 0) this.#byPeer.delete(peer)
    else this.#byPeer.set(peer, after)
    this.peers.closed(peer)
  }

  clear(): void {
    for (const connection of [...this.#byPeer.values()].flat()) this.remove(connection)
  }

  /** A stream on the youngest connection, as older ones may be dead already. Throws `peer_unreachable`. */
  async openStream(
    peer: NodeId,
    protocol: string,
    options: { signal: AbortSignal; maxOutboundStreams: number },
  ): Promise<Stream> {
    const connection = this.#byPeer.get(peer)?.findLast(({ status }) => status === 'open')
    if (connection === undefined)
      throw new EdgeError('peer_unreachable', `there is no connection to node ${shortId(peer)}`)
    try {
      return await connection.newStream(protocol, options)
    } catch (error) {
      options.signal.throwIfAborted()
      throw asEdgeError(error, peer, protocol)
    }
  }
}

/** The id of the node at the other end, as its key proved it. */
export function peerOf(connection: Connection): NodeId {
  return NodeId.parse(connection.remotePeer.toString())
}

function asEdgeError(error: unknown, peer: NodeId, protocol: string): EdgeError {
  const name = error instanceof Error ? error.name : ''
  const node = `node ${shortId(peer)}`
  switch (name) {
    case 'UnsupportedProtocolError':
      return new EdgeError('rpc_protocol', `${node} does not speak ${protocol}`, { cause: error })
    case 'ConnectionClosedError':
    case 'MuxerClosedError':
      return new EdgeError('peer_unreachable', `the connection to ${node} is closing`, { cause: error })
    default:
      return new EdgeError('rpc_failed', `cannot open a stream to ${node}: ${String(error)}`, {
        cause: error,
      })
  }
}

import type { Connection, ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'
import { EdgeError, NodeId } from '../../domain/index.ts'
import { peerOf } from './connections.ts'
import type { Dial } from './kept-link.ts'

/** Dials addresses without an id, and lets the asker judge who is there before the connection exists for anybody. */
export class Dialler {
  /** By address under way: who may be there. */
  readonly #expectations = new Map<string, (actual: NodeId) => boolean>()

  /** Asked by libp2p after the handshake, when the other end has proved its id. */
  readonly gater: ConnectionGater = {
    denyOutboundEncryptedConnection: (peerId, connection) => {
      const isExpected = this.#expectations.get(connection.remoteAddr.toString())
      return isExpected === undefined || !isExpected(NodeId.parse(peerId.toString()))
    },
  }

  /** The `dial` of a kept link, over this host, which must have this dialler’s gater. */
  through(host: () => Libp2p | undefined): Dial {
    return async (address, isExpected, signal) => {
      const running = host()
      if (running === undefined) throw new EdgeError('peer_unreachable', 'the network is not started')
      const refused: NodeId[] = []
      const judge = (actual: NodeId): boolean => {
        if (isExpected(actual)) return true
        refused.push(actual)
        return false
      }
      try {
        const connection = await this.#dial(running, address, judge, signal)
        return { peer: peerOf(connection), close: () => closeConnection(connection) }
      } catch (error) {
        if (refused.length > 0) return undefined
        throw error
      }
    }
  }

  async #dial(
    host: Libp2p,
    address: Multiaddr,
    judge: (actual: NodeId) => boolean,
    signal: AbortSignal,
  ): Promise<Connection> {
    const key = address.toString()
    this.#expectations.set(key, judge)
    try {
      return await host.dial(address, { signal })
    } finally {
      if (this.#expectations.get(key) === judge) this.#expectations.delete(key)
    }
  }
}

/** Calls that are under way have until the connection’s close deadline. */
async function closeConnection(connection: Connection): Promise<void> {
  try {
    await connection.close()
  } catch (error) {
    connection.abort(EdgeError.from(error))
  }
}

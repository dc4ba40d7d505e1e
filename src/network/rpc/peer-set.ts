import type { NodeId } from '../../domain/index.ts'
import type { Log, PeerEvent } from '../../ports/index.ts'

/** Who is connected. A peer with several connections counts once: listeners hear of the first and of the last. */
export class PeerSet {
  readonly #log: Log
  readonly #connections = new Map<NodeId, number>()
  readonly #listeners = new Set<(event: PeerEvent) => void>()

  constructor(log: Log) {
    this.#log = log
  }

  has(peer: NodeId): boolean {
    return this.#connections.has(peer)
  }

  /** One more connection to the peer. */
  opened(peer: NodeId): void {
    const count = this.#connections.get(peer) ?? 0
    this.#connections.set(peer, count + 1)
    if (count === 0) this.#tell({ peer, connected: true })
  }

  /** One connection less. */
  closed(peer: NodeId): void {
    const count = this.#connections.get(peer)
    if (count === undefined) return
    if (count > 1) {
      this.#connections.set(peer, count - 1)
      return
    }
    this.#connections.delete(peer)
    this.#tell({ peer, connected: false })
  }

  /** Returns the way to stop listening. */
  on(listener: (event: PeerEvent) => void): () => void {
    const own = (event: PeerEvent): void => {
      listener(event)
    }
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  #tell(event: PeerEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        this.#log.error({ err: error, ...event }, 'a listener for peers failed')
      }
    }
  }
}

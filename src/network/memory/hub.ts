import { randomBytes } from 'node:crypto'
import { NodeId } from '../../domain/index.ts'
import type { Clock, Log, Network } from '../../ports/index.ts'
import { systemClock } from '../../utils/system-clock.ts'
import { createWire } from '../rpc/index.ts'
import type { Wire } from '../rpc/index.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { Switchboard } from './memory-network.ts'

export interface MemoryHubInit {
  /** Deadlines run by this clock; default: the system’s. */
  readonly clock?: Clock
  readonly log?: Log
}

interface CutOptions {
  /** The connection seems to live, but nothing arrives: calls end with `rpc_timeout`. Otherwise it is seen to break. */
  readonly isSilent?: boolean
}

/** Where networks meet, and the test’s hand on what is between them. */
export interface MemoryHub {
  /**
   * A network that is not started yet; a second one with the same id is that node’s next life. By default the id is
   * random, the clock and the log are the hub’s.
   */
  network(nodeId?: NodeId, options?: MemoryHubInit): Network
  /** Nothing passes between the two until `heal`, in either direction; existing connections break. */
  cut(a: NodeId, b: NodeId, options?: CutOptions): void
  /** Undoes `cut`: kept links connect again at once, and what a silent cut held back arrives. */
  heal(a: NodeId, b: NodeId): void
}

/** A hub with no networks. Links connect (and connect again) as soon as both ends are started and not cut apart. */
export function createMemoryHub({ clock = systemClock, log = noLog }: MemoryHubInit = {}): MemoryHub {
  const exchange = new Exchange()
  return {
    network: (nodeId = randomNodeId(), own = {}) =>
      new MemoryNetwork({
        self: nodeId,
        clock: own.clock ?? clock,
        log: own.log ?? log,
        switchboard: exchange,
      }),
    cut: (a, b, { isSilent = false } = {}) => {
      exchange.cut(a, b, isSilent ? 'silent' : 'down')
    },
    heal: (a, b) => {
      exchange.heal(a, b)
    },
  }
}

interface WantedLink {
  readonly from: MemoryNetwork
  readonly to: NodeId
}

interface Connection {
  readonly ends: readonly [MemoryNetwork, MemoryNetwork]
  readonly wire: Wire
}

/** Who runs, which links are wanted, which pairs are cut; `settle` makes the connections follow from these. */
class Exchange implements Switchboard {
  readonly #running = new Map<NodeId, MemoryNetwork>()
  readonly #links = new Set<WantedLink>()
  readonly #cuts = new Map<string, 'down' | 'silent'>()
  readonly #connections = new Map<string, Connection>()

  add(network: MemoryNetwork): void {
    const former = this.#running.get(network.self)
    if (former !== undefined) this.remove(former)
    this.#running.set(network.self, network)
    this.#settle()
  }

  remove(network: MemoryNetwork): void {
    if (this.#running.get(network.self) === network) this.#running.delete(network.self)
    for (const link of this.#links) if (link.from === network) this.#links.delete(link)
    this.#settle()
  }

  keepLink(from: MemoryNetwork, to: NodeId): () => void {
    const link = { from, to }
    this.#links.add(link)
    queueMicrotask(() => {
      this.#settle()
    })
    return () => {
      this.#links.delete(link)
      this.#settle()
    }
  }

  connection(
    from: MemoryNetwork,
    to: NodeId,
  ): { readonly wire: Wire; readonly peer: MemoryNetwork } | undefined {
    const connection = this.#connections.get(pairOf(from.self, to))
    const peer = connection?.ends.find((end) => end !== from)
    if (connection === undefined || peer === undefined || !connection.ends.includes(from)) return undefined
    return { wire: connection.wire, peer }
  }

  cut(a: NodeId, b: NodeId, how: 'down' | 'silent'): void {
    this.#cuts.set(pairOf(a, b), how)
    if (how === 'silent') this.#connections.get(pairOf(a, b))?.wire.silence()
    this.#settle()
  }

  heal(a: NodeId, b: NodeId): void {
    this.#cuts.delete(pairOf(a, b))
    this.#connections.get(pairOf(a, b))?.wire.resume()
    this.#settle()
  }

  #settle(): void {
    for (const [pair, connection] of [...this.#connections])
      if (!this.#shouldStay(pair, connection)) this.#disconnect(pair, connection)
    for (const { from, to } of [...this.#links]) {
      const peer = this.#running.get(to)
      const pair = pairOf(from.self, to)
      if (peer === undefined || this.#running.get(from.self) !== from) continue
      if (!this.#cuts.has(pair) && !this.#connections.has(pair)) this.#connect(pair, from, peer)
    }
  }

  #shouldStay(pair: string, { ends }: Connection): boolean {
    const isWanted = [...this.#links].some(
      ({ from, to }) => ends.includes(from) && pairOf(from.self, to) === pair,
    )
    const areRunning = ends.every((end) => this.#running.get(end.self) === end)
    return isWanted && areRunning && this.#cuts.get(pair) !== 'down'
  }

  #connect(pair: string, from: MemoryNetwork, peer: MemoryNetwork): void {
    this.#connections.set(pair, { ends: [from, peer], wire: createWire() })
    from.peers.opened(peer.self)
    peer.peers.opened(from.self)
  }

  #disconnect(pair: string, { ends: [a, b], wire }: Connection): void {
    this.#connections.delete(pair)
    wire.break()
    a.peers.closed(b.self)
    b.peers.closed(a.self)
  }
}

function pairOf(a: NodeId, b: NodeId): string {
  return [a, b].sort().join(' ')
}

/** Shaped like an Ed25519 peer id: the prefix and 44 base58 digits. */
function randomNodeId(): NodeId {
  const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  const tail = Array.from(randomBytes(44), (byte) => digits[byte % digits.length])
  return NodeId.parse(`12D3KooW${tail.join('')}`)
}

const ignore = (): void => undefined
const noLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => noLog }

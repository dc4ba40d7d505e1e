import { EdgeError, NodeId, shortId } from '../../domain/index.ts'
import type { RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '../../domain/index.ts'
import type { Abortable, Clock, Handlers, Link, Log, Network, PeerEvent } from '../../ports/index.ts'
import { channelPair, defer, maxRequestBytes, PeerSet, RpcEndpoint } from '../rpc/index.ts'
import type { Channel, ProtocolName, Wire } from '../rpc/index.ts'

/** What a network asks of its hub. */
export interface Switchboard {
  add(network: MemoryNetwork): void
  /** Its links are given up, its connections broken. */
  remove(network: MemoryNetwork): void
  /** Returns the way to give the link up. */
  keepLink(from: MemoryNetwork, to: NodeId): () => void
  connection(
    from: MemoryNetwork,
    to: NodeId,
  ): { readonly wire: Wire; readonly peer: MemoryNetwork } | undefined
}

interface MemoryNetworkInit {
  readonly self: NodeId
  readonly clock: Clock
  readonly log: Log
  readonly switchboard: Switchboard
}

/** The Network port in this process; fulfils the same conformance suite as libp2p. */
export class MemoryNetwork implements Network {
  readonly self: NodeId
  readonly peers: PeerSet
  readonly #switchboard: Switchboard
  readonly #endpoint: RpcEndpoint
  readonly #links = new Set<Link>()

  constructor({ self, clock, log, switchboard }: MemoryNetworkInit) {
    this.self = self
    this.peers = new PeerSet(log)
    this.#switchboard = switchboard
    this.#endpoint = new RpcEndpoint({
      self,
      clock,
      log,
      open: (peer, options) => Promise.resolve(this.#open(peer, options)),
    })
  }

  start(): Promise<void> {
    this.#switchboard.add(this)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#links].map((link) => link.close()))
    this.#switchboard.remove(this)
  }

  multiaddrs(): readonly string[] {
    return [`/memory/${this.self}`]
  }

  handle(handlers: Handlers): void {
    this.#endpoint.handle(handlers)
  }

  setGate(isApproved: (peer: NodeId) => boolean): void {
    this.#endpoint.setGate(isApproved)
  }

  call<M extends UnaryMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options?: Abortable,
  ): Promise<ResponseOf<M>> {
    return this.#endpoint.call(peer, method, request, options)
  }

  stream<M extends StreamMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options?: Abortable,
  ): AsyncIterable<ResponseOf<M>> {
    return this.#endpoint.stream(peer, method, request, options)
  }

  keepLink(multiaddr: string): Link {
    const peer = NodeId.safeParse(/^\/memory\/([^/]+)$/.exec(multiaddr)?.[1]).data
    if (peer === undefined || peer === this.self)
      throw new EdgeError('config_invalid', `${multiaddr} is not the address of another node`, {
        hint: 'An address in memory looks like /memory/<node id>.',
      })
    const connected = defer<NodeId>()
    // Nobody has to wait for the first contact; who does still sees the rejection.
    connected.promise.catch(() => undefined)
    const unlisten = this.peers.on((event) => {
      if (event.peer === peer && event.connected) connected.resolve(peer)
    })
    if (this.peers.has(peer)) connected.resolve(peer)
    const giveUp = this.#switchboard.keepLink(this, peer)
    const link: Link = {
      peer: connected.promise,
      close: () => {
        unlisten()
        giveUp()
        this.#links.delete(link)
        connected.reject(new EdgeError('peer_unreachable', `the link to ${multiaddr} was closed`))
        return Promise.resolve()
      },
    }
    this.#links.add(link)
    return link
  }

  isConnected(peer: NodeId): boolean {
    return this.peers.has(peer)
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    return this.peers.on(listener)
  }

  #open(
    to: NodeId,
    { protocol, maxBytes }: { readonly protocol: ProtocolName; readonly maxBytes: number },
  ): Channel {
    const connection = this.#switchboard.connection(this, to)
    if (connection === undefined)
      throw new EdgeError('peer_unreachable', `there is no connection to node ${shortId(to)}`)
    const { wire, peer } = connection
    const [here, there] = channelPair(wire, { callerMaxBytes: maxBytes, answererMaxBytes: maxRequestBytes })
    wire.deliver(() => {
      void peer.#endpoint.answer(there, this.self, protocol)
    })
    return here
  }
}

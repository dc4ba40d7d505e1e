import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'
import { EdgeError } from '../../domain/index.ts'
import type { NodeId, RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '../../domain/index.ts'
import type { Abortable, Clock, Handlers, Link, Log, Network, PeerEvent } from '../../ports/index.ts'
import { maxRequestBytes, RpcEndpoint } from '../rpc/index.ts'
import type { Channel, ProtocolName } from '../rpc/index.ts'
import { fullMultiaddrs, parseLinkAddress, parseOwnAddress } from './addresses.ts'
import { Connections, peerOf } from './connections.ts'
import { Dialler } from './dialler.ts'
import { createHost, startHost } from './host.ts'
import { loadIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { KeptLink } from './kept-link.ts'
import { defaultLimits } from './limits.ts'
import type { Libp2pLimits } from './limits.ts'
import { PinnedPeers } from './pinned-peers.ts'
import { StreamChannel } from './stream-channel.ts'

export interface Libp2pNetworkInit {
  /** Holds identity.key and pinned-peers.json. */
  readonly dataDir: string
  /** TCP multiaddrs; port 0 picks a free one, and none listens nowhere. */
  readonly listen: readonly string[]
  /** How others reach this node when that is not where it listens (behind a router, in a container). */
  readonly announce?: readonly string[]
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<Libp2pLimits>
  /** For the jitter of redials; uniform in [0, 1). Default: Math.random. */
  readonly random?: () => number
}

const protocolIds: Readonly<Record<ProtocolName, string>> = {
  control: '/edge/control/1.0.0',
  blocks: '/edge/blocks/1.0.0',
}

/** A network that is not started. Throws `data_dir_unusable` (identity, pins) and `config_invalid` (addresses). */
export async function createLibp2pNetwork(init: Libp2pNetworkInit): Promise<Network> {
  const listen = init.listen.map(parseOwnAddress)
  const announce = (init.announce ?? []).map(parseOwnAddress)
  const identity = await loadIdentity(init.dataDir)
  const pins = await PinnedPeers.load(init.dataDir)
  return new Libp2pNetwork({
    listen,
    announce,
    identity,
    pins,
    clock: init.clock,
    log: init.log,
    limits: { ...defaultLimits, ...init.limits },
    random: init.random ?? Math.random,
  })
}

interface Parts {
  readonly listen: readonly Multiaddr[]
  readonly announce: readonly Multiaddr[]
  readonly identity: Identity
  readonly pins: PinnedPeers
  readonly clock: Clock
  readonly log: Log
  readonly limits: Libp2pLimits
  readonly random: () => number
}

class Libp2pNetwork implements Network {
  readonly self: NodeId
  readonly #parts: Parts
  readonly #connections: Connections
  readonly #endpoint: RpcEndpoint
  readonly #links = new Set<KeptLink>()
  readonly #channels = new Set<StreamChannel>()
  readonly #dialler = new Dialler()
  #host: Libp2p | undefined
  #listening: readonly Multiaddr[] = []
  #changing: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    this.self = parts.identity.id
    this.#connections = new Connections(parts.log)
    this.#endpoint = new RpcEndpoint({
      self: this.self,
      clock: parts.clock,
      log: parts.log,
      open: (peer, options) => this.#open(peer, options),
    })
  }

  start(): Promise<void> {
    return this.#change(async () => {
      this.#host ??= await this.#startHost()
      for (const link of this.#links) link.start()
    })
  }

  stop(): Promise<void> {
    return this.#change(async () => {
      await Promise.all([...this.#links].map((link) => link.close()))
      this.#links.clear()
      const gone = new EdgeError('rpc_failed', 'this node stops')
      for (const channel of [...this.#channels]) channel.abort(gone)
      const host = this.#host
      this.#host = undefined
      this.#listening = []
      await host?.stop()
      this.#connections.clear()
    })
  }

  multiaddrs(): readonly string[] {
    return fullMultiaddrs(this.self, this.#parts.announce, this.#listening)
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
    const target = parseLinkAddress(multiaddr)
    if (target.peer === this.self)
      throw new EdgeError('config_invalid', `${multiaddr} is the address of this node itself`)
    const { pins, clock, log, random } = this.#parts
    const { peers } = this.#connections
    const dial = this.#dialler.through(() => this.#host)
    const link = new KeptLink({ target, pins, peers, clock, log, random, dial })
    this.#links.add(link)
    if (this.#host !== undefined) link.start()
    return {
      peer: link.peer,
      close: async () => {
        this.#links.delete(link)
        await link.close()
      },
    }
  }

  isConnected(peer: NodeId): boolean {
    return this.#connections.peers.has(peer)
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    return this.#connections.peers.on(listener)
  }

  /** Starts and stops one after the other, in the order asked. */
  #change(work: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(work)
    // The caller hears of the failure; the next change is made all the same.
    this.#changing = changed.catch(() => undefined)
    return changed
  }

  async #startHost(): Promise<Libp2p> {
    const { identity, listen, announce, limits } = this.#parts
    const host = await createHost({ identity, listen, announce, limits, gater: this.#dialler.gater })
    host.addEventListener('transport:listening', ({ detail }) => {
      this.#listening = [...this.#listening, ...detail.getAddrs()]
    })
    host.addEventListener('connection:open', ({ detail }) => {
      this.#connections.add(detail)
    })
    host.addEventListener('connection:close', ({ detail }) => {
      this.#connections.remove(detail)
    })
    await this.#serve(host, 'control', limits.maxControlStreams)
    await this.#serve(host, 'blocks', limits.maxBlocksStreams)
    try {
      await startHost(host, listen)
    } catch (error) {
      this.#listening = []
      throw error
    }
    return host
  }

  async #serve(host: Libp2p, protocol: ProtocolName, maxStreams: number): Promise<void> {
    await host.handle(
      protocolIds[protocol],
      (stream: Stream, connection: Connection) => {
        void this.#endpoint.answer(this.#channel(stream, maxRequestBytes), peerOf(connection), protocol)
      },
      { maxInboundStreams: maxStreams, maxOutboundStreams: maxStreams },
    )
  }

  async #open(
    peer: NodeId,
    { protocol, maxBytes, signal }: { protocol: ProtocolName; maxBytes: number; signal: AbortSignal },
  ): Promise<Channel> {
    const { maxControlStreams, maxBlocksStreams } = this.#parts.limits
    const maxOutboundStreams = protocol === 'control' ? maxControlStreams : maxBlocksStreams
    const options = { signal, maxOutboundStreams }
    return this.#channel(await this.#connections.openStream(peer, protocolIds[protocol], options), maxBytes)
  }

  #channel(stream: Stream, maxBytes: number): StreamChannel {
    const channel = new StreamChannel(stream, maxBytes)
    this.#channels.add(channel)
    stream.addEventListener('close', () => this.#channels.delete(channel))
    if (stream.status !== 'open' && stream.status !== 'closing') this.#channels.delete(channel)
    return channel
  }
}

import { EdgeError } from '../../domain/index.ts'
import type { Method, NodeId, RequestOf, ResponseOf, StreamMethod, UnaryMethod } from '../../domain/index.ts'
import { rpc } from '../../domain/index.ts'
import type { Abortable, Clock, Handlers, Log } from '../../ports/index.ts'
import { answerCall, maxRequestBytes } from './answering.ts'
import type { AnyHandler, ProtocolName } from './answering.ts'
import { callStream, callUnary } from './calling.ts'
import type { Channel } from './channel.ts'
import { channelPair, createWire } from './channel-pair.ts'

/** How to reach a peer: throws `peer_unreachable`. Received frames may have `maxBytes`. */
type OpenChannel = (
  peer: NodeId,
  options: { readonly protocol: ProtocolName; readonly maxBytes: number; readonly signal: AbortSignal },
) => Promise<Channel>

export interface EndpointInit {
  readonly self: NodeId
  readonly clock: Clock
  readonly log: Log
  readonly open: OpenChannel
}

/** Calls of one peer that is not approved yet and that are answered at once; more are broken off. */
const maxCallsOfStrangers = 16

/** One node’s end of all calls, made and answered: everything of the Network port that does not depend on the transport. */
export class RpcEndpoint {
  readonly #init: EndpointInit
  readonly #handlers = new Map<Method, AnyHandler>()
  readonly #strangers = new Map<NodeId, number>()
  #isApproved: (peer: NodeId) => boolean = () => true

  constructor(init: EndpointInit) {
    this.#init = init
  }

  /** Throws `internal` for a method that is handled already. */
  handle(handlers: Handlers): void {
    for (const [name, handler] of Object.entries(handlers)) {
      const method = name as Method
      if (this.#handlers.has(method)) throw new EdgeError('internal', `${method} is handled twice`)
      this.#handlers.set(method, handler as unknown as AnyHandler)
    }
  }

  setGate(isApproved: (peer: NodeId) => boolean): void {
    this.#isApproved = isApproved
  }

  call<M extends UnaryMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options: Abortable = {},
  ): Promise<ResponseOf<M>> {
    return callUnary({ ...this.#callInit(peer, method, options), request })
  }

  stream<M extends StreamMethod>(
    peer: NodeId,
    method: M,
    request: RequestOf<M>,
    options: Abortable = {},
  ): AsyncIterable<ResponseOf<M>> {
    return callStream({ ...this.#callInit(peer, method, options), request })
  }

  /** Answers the call on a channel that `peer` opened. Never rejects. */
  async answer(channel: Channel, peer: NodeId, protocol: ProtocolName): Promise<void> {
    const { self, clock, log } = this.#init
    const isApproved = (id: NodeId): boolean => id === self || this.#isApproved(id)
    const isStranger = !isApproved(peer)
    if (isStranger && !this.#letStrangerIn(peer)) {
      channel.abort(new EdgeError('not_approved', 'too many calls of a peer that is not approved'))
      return
    }
    const handlerOf = (method: Method): AnyHandler | undefined => this.#handlers.get(method)
    await answerCall(channel, { clock, log, peer, protocol, handlerOf, isApproved })
    if (isStranger) this.#letStrangerOut(peer)
  }

  #callInit<M extends Method>(peer: NodeId, method: M, { signal }: Abortable) {
    const { protocol, maxBytes } = rpc[method]
    const open = (opening: AbortSignal): Promise<Channel> =>
      peer === this.#init.self
        ? Promise.resolve(this.#openToSelf(protocol, maxBytes))
        : this.#init.open(peer, { protocol, maxBytes, signal: opening })
    return { clock: this.#init.clock, peer, method, signal, open }
  }

  /** Through the codec like every call, but without a socket. */
  #openToSelf(protocol: ProtocolName, maxBytes: number): Channel {
    const [here, there] = channelPair(createWire(), {
      callerMaxBytes: maxBytes,
      answererMaxBytes: maxRequestBytes,
    })
    void this.answer(there, this.#init.self, protocol)
    return here
  }

  #letStrangerIn(peer: NodeId): boolean {
    const calls = this.#strangers.get(peer) ?? 0
    if (calls >= maxCallsOfStrangers) return false
    this.#strangers.set(peer, calls + 1)
    return true
  }

  #letStrangerOut(peer: NodeId): void {
    const calls = this.#strangers.get(peer) ?? 1
    if (calls > 1) this.#strangers.set(peer, calls - 1)
    else this.#strangers.delete(peer)
  }
}

import type { Multiaddr } from '@multiformats/multiaddr'
import { EdgeError, shortId } from '../../domain/index.ts'
import type { NodeId } from '../../domain/index.ts'
import type { Clock, Link, Log } from '../../ports/index.ts'
import { defer } from '../rpc/index.ts'
import type { PeerSet } from '../rpc/index.ts'
import type { LinkAddress } from './addresses.ts'
import type { PinnedPeers } from './pinned-peers.ts'

/** Full jitter: the n-th attempt waits a random part of `retryFirstMs` * 2^n, at most of `retryMaxMs`. */
export const retryFirstMs = 500
export const retryMaxMs = 60_000
/** A link that held this long was good: its next loss starts again with short waits, a flapping one’s does not. */
export const stableMs = 10_000

export interface KeptLinkInit {
  readonly target: LinkAddress
  readonly pins: PinnedPeers
  readonly peers: PeerSet
  readonly clock: Clock
  readonly log: Log
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly dial: Dial
}

/**
 * Connects to the address when `isExpected` agrees with who proves to be there; undefined: it did not agree.
 * Rejects when nobody is reached in time.
 */
export type Dial = (
  address: Multiaddr,
  isExpected: (actual: NodeId) => boolean,
  signal: AbortSignal,
) => Promise<DialledConnection | undefined>

interface DialledConnection {
  readonly peer: NodeId
  close(): Promise<void>
}

/** Dials an address again and again until closed; see Network.keepLink. */
export class KeptLink implements Link {
  readonly #init: KeptLinkInit
  readonly #first = defer<NodeId>()
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #connection: DialledConnection | undefined

  constructor(init: KeptLinkInit) {
    this.#init = init
    // Nobody has to wait for the first contact; who does still sees the rejection.
    this.#first.promise.catch(() => undefined)
  }

  get peer(): Promise<NodeId> {
    return this.#first.promise
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  /** Begins to dial; once. */
  start(): void {
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    const address = this.#init.target.address.toString()
    const reason = new EdgeError('peer_unreachable', `the link to ${address} was closed`)
    this.#closing.abort(reason)
    this.#first.reject(reason)
    await this.#running
    await this.#connection?.close()
    this.#connection = undefined
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#init
    const { signal } = this.#closing
    let failures = 0
    while (!this.#isClosing()) {
      try {
        const peer = await this.#connect(signal)
        if (peer !== undefined) {
          const sinceMs = clock.monotonicMs()
          this.#first.resolve(peer)
          await this.#untilLost(peer, signal)
          if (clock.monotonicMs() - sinceMs >= stableMs) failures = 0
        }
      } catch (error) {
        if (!this.#isClosing()) this.#report(error)
      }
      await this.#pause(failures)
      failures++
    }
    log.debug({ address: this.#init.target.address.toString() }, 'a link was closed')
  }

  /** Undefined: somebody else is there. */
  async #connect(signal: AbortSignal): Promise<NodeId | undefined> {
    const { target, pins, peers, dial } = this.#init
    const key = target.address.toString()
    const expected = target.peer ?? pins.get(key)
    if (expected !== undefined && peers.has(expected)) return expected
    const connection = await dial(target.address, (actual) => this.#agrees(expected, actual), signal)
    this.#connection = connection
    if (connection !== undefined && expected === undefined) await this.#pin(key, connection.peer)
    return connection?.peer
  }

  #agrees(expected: NodeId | undefined, actual: NodeId): boolean {
    const { target, pins, log } = this.#init
    if (expected === undefined || expected === actual) return true
    const address = target.address.toString()
    const fields = { address, expected, actual }
    if (target.peer !== undefined) log.warn(fields, 'another node answers at this address, it was refused')
    else
      log.warn(
        { ...fields, file: pins.path },
        'another node than before answers at this address, it was refused; remove its line from the file to trust it',
      )
    return false
  }

  async #pin(key: string, peer: NodeId): Promise<void> {
    const { pins, log } = this.#init
    try {
      await pins.pin(key, peer)
      log.info({ address: key, peer, file: pins.path }, 'the node at this address was pinned')
    } catch (error) {
      log.error({ err: error, address: key, peer, file: pins.path }, 'a pin could not be written')
    }
  }

  #untilLost(peer: NodeId, signal: AbortSignal): Promise<void> {
    const { peers } = this.#init
    return new Promise((resolve) => {
      const done = (): void => {
        unlisten()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const unlisten = peers.on((event) => {
        if (event.peer === peer && !event.connected) done()
      })
      signal.addEventListener('abort', done)
      if (!peers.has(peer) || signal.aborted) done()
    })
  }

  async #pause(failures: number): Promise<void> {
    const { clock, random } = this.#init
    const limitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 16))
    try {
      await clock.sleep(random() * limitMs, { signal: this.#closing.signal })
    } catch (error) {
      if (!this.#isClosing()) throw error
    }
  }

  #report(error: unknown): void {
    const { target, log } = this.#init
    const peer = target.peer === undefined ? {} : { peer: shortId(target.peer) }
    log.debug({ address: target.address.toString(), ...peer, err: error }, 'a link could not be made')
  }
}

import { shortId } from '../../domain/index.ts'
import type { Approval, HeartbeatRequest, JoinRequest, JoinResponse, NodeId } from '../../domain/index.ts'
import type { Clock, ComputeStore, Link, Log, Network, Startable } from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { jitteredPauseMs } from '../backoff.ts'
import type { ComputeTimings } from '../timings.ts'
import { Wake } from '../wake.ts'
import { pumpReports } from './report-pump.ts'

export interface RequesterLinkInit {
  readonly network: Network
  /** A multiaddr, or `self`. */
  readonly address: string
  readonly store: ComputeStore
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly timings: Pick<ComputeTimings, 'approvalPollMs' | 'rejoinMs'>
  readonly bootId: string
  /** Woken when a report was added. */
  readonly reportNews: Wake
  readonly describe: () => Promise<Pick<JoinRequest, 'info' | 'joinToken'>>
  readonly beat: () => Pick<HeartbeatRequest, 'free' | 'executions'>
  readonly dataEpoch: () => Promise<string>
  /** Makes a new data epoch. */
  readonly renewDataEpoch: () => Promise<string>
}

export interface LinkStatus {
  readonly requester?: NodeId
  readonly isConnected: boolean
  /** What the requester said last; undefined before it said anything. */
  readonly approval?: Approval
}

type Approved = JoinResponse & { readonly dataEpoch: string }

/**
 * The node’s side of the conversation with its requester: joins on every connection, then heartbeats and reports until
 * something fails, and begins again. Without a network it waits, however long; nothing else on the node waits for it.
 */
export class RequesterLink implements Startable {
  readonly #init: RequesterLinkInit
  readonly #connection = new Wake()
  #stopped = new AbortController()
  #link: Link | undefined
  #talking: Promise<void> | undefined
  #requester: NodeId | undefined
  #approval: Approval | undefined
  #hasRenewed = false

  constructor(init: RequesterLinkInit) {
    this.#init = init
  }

  start(): Promise<void> {
    if (this.#talking !== undefined) return Promise.resolve()
    this.#stopped = new AbortController()
    const { network, address } = this.#init
    this.#link = address === 'self' ? undefined : network.keepLink(address)
    this.#talking = this.#talk(this.#link, this.#stopped.signal)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#link?.close()
    await this.#talking
    this.#talking = undefined
  }

  get status(): LinkStatus {
    const requester = this.#requester
    return {
      isConnected: requester !== undefined && this.#isConnected(requester),
      ...(requester === undefined ? {} : { requester }),
      ...(this.#approval === undefined ? {} : { approval: this.#approval }),
    }
  }

  async #talk(link: Link | undefined, stopped: AbortSignal): Promise<void> {
    const { network, log, clock, timings, random } = this.#init
    const requester = await untilAborted(link?.peer ?? Promise.resolve(network.self), stopped)
    if (requester === undefined) return
    this.#requester = requester
    const stopListening = network.onPeer(({ peer }) => {
      if (peer === requester) this.#connection.wake()
    })
    try {
      while (!stopped.aborted) {
        try {
          await this.#session(requester, stopped)
        } catch (error) {
          log.debug({ err: error }, 'the conversation with the requester broke off')
        }
        const pauseMs = jitteredPauseMs(0, { minMs: timings.rejoinMs, maxMs: timings.rejoinMs }, random)
        await untilAborted(clock.sleep(pauseMs, { signal: stopped }), stopped)
      }
    } finally {
      stopListening()
    }
  }

  /** From a connection to its end. Resolves when the requester wants the node to join again. */
  async #session(requester: NodeId, stopped: AbortSignal): Promise<void> {
    // Any change of the connection from here on ends the session: a new one begins with a join.
    const version = await this.#connected(requester, stopped)
    const ended = new AbortController()
    const signal = AbortSignal.any([stopped, ended.signal])
    const watching = this.#connection.after(version, { signal })
    const talking = this.#joinAndServe(requester, signal)
    try {
      await Promise.race([talking, watching])
    } finally {
      ended.abort(new Error('the session is over'))
      await Promise.allSettled([talking, watching])
    }
  }

  async #joinAndServe(requester: NodeId, signal: AbortSignal): Promise<void> {
    const { network, store, reportNews } = this.#init
    const approved = await this.#joinUntilApproved(requester, signal)
    if (approved === undefined) return
    const beats = new AbortController()
    const both = AbortSignal.any([signal, beats.signal])
    const { dataEpoch } = approved
    const reporting = pumpReports(
      {
        store,
        dataEpoch,
        news: reportNews,
        signal: both,
        send: (request) => network.call(requester, 'report', request, { signal: both }),
      },
      approved.ackedReportSeq,
    )
    const beating = this.#beat(requester, approved.heartbeatIntervalMs, both)
    try {
      await Promise.race([reporting, beating])
    } finally {
      beats.abort(new Error('the session is over'))
      await Promise.allSettled([reporting, beating])
    }
  }

  async #joinUntilApproved(requester: NodeId, signal: AbortSignal): Promise<Approved | undefined> {
    const { network, store, clock, timings, bootId } = this.#init
    for (;;) {
      const dataEpoch = await this.#init.dataEpoch()
      const lastReportSeq = await store.lastReportSeq()
      const request = { ...(await this.#init.describe()), bootId, dataEpoch, lastReportSeq }
      const answer = await network.call(requester, 'join', request, { signal })
      this.#noteApproval(answer)
      if (answer.approval === 'approved') {
        if (answer.ackedReportSeq <= lastReportSeq) return { ...answer, dataEpoch }
        await this.#renewMemory(answer.ackedReportSeq, lastReportSeq)
        return undefined
      }
      await clock.sleep(timings.approvalPollMs, { signal })
    }
  }

  /** The requester has reports that this node does not remember: its data directory was restored from a backup. */
  async #renewMemory(ackedReportSeq: number, lastReportSeq: number): Promise<void> {
    const { log, clock, timings } = this.#init
    log.error(
      { ackedReportSeq, lastReportSeq },
      'the data directory is older than what the requester knows of this node',
    )
    if (this.#hasRenewed) await clock.sleep(timings.approvalPollMs, { signal: this.#stopped.signal })
    this.#hasRenewed = true
    await this.#init.renewDataEpoch()
  }

  async #beat(requester: NodeId, intervalMs: number, signal: AbortSignal): Promise<void> {
    const { network, clock, random, bootId, log } = this.#init
    for (;;) {
      const { approval, rejoin } = await network.call(
        requester,
        'heartbeat',
        { bootId, ...this.#init.beat() },
        { signal },
      )
      if (rejoin || approval !== 'approved') {
        log.info({ approval }, 'the requester asks this node to join again')
        return
      }
      await clock.sleep(intervalMs * (0.9 + 0.2 * random()), { signal })
    }
  }

  #noteApproval({ approval, reason }: JoinResponse): void {
    if (approval === this.#approval) return
    this.#approval = approval
    const { log, network } = this.#init
    const fields = {
      requester: this.#requester,
      node: network.self,
      ...(reason === undefined ? {} : { reason }),
    }
    switch (approval) {
      case 'approved':
        log.info(fields, 'joined the requester')
        return
      case 'pending':
        log.warn(
          { ...fields, hint: `edge node approve ${shortId(network.self)}` },
          'the requester has not approved this node yet; run the hinted command there, or give this node its --join-token',
        )
        return
      case 'rejected':
        log.error(fields, 'the requester rejected this node')
        return
      default:
        assertNever(approval)
    }
  }

  #isConnected(requester: NodeId): boolean {
    const { network } = this.#init
    return requester === network.self || network.isConnected(requester)
  }

  async #connected(requester: NodeId, signal: AbortSignal): Promise<number> {
    for (;;) {
      const { version } = this.#connection
      if (this.#isConnected(requester)) return version
      await this.#connection.after(version, { signal })
    }
  }
}

/** The value, or undefined as soon as the signal is aborted. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const news = new Wake()
  const wake = (): void => {
    news.wake()
  }
  signal.addEventListener('abort', wake, { once: true })
  try {
    if (signal.aborted) wake()
    return await Promise.race([promise, news.after(0).then(() => undefined)])
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    signal.removeEventListener('abort', wake)
  }
}

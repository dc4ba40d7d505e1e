import { isNodeExecutionOver } from '../domain/index.ts'
import type { HeartbeatRequest, NodeExecutionRecord, NodeInfo, Resources } from '../domain/index.ts'
import type { Startable } from '../ports/index.ts'
import { CrossedCancels } from './crossed-cancels.ts'
import { ExecutionRecords } from './durable/execution-records.ts'
import { Retention } from './folder/retention.ts'
import { FrontDesk } from './front-desk.ts'
import { computeHandlers } from './handlers.ts'
import type { Answering } from './handlers.ts'
import type { ComputeInit } from './init.ts'
import { RequesterLink } from './link/requester-link.ts'
import type { LinkStatus } from './link/requester-link.ts'
import { nodeInfo } from './node-info.ts'
import { ofType } from './of-type.ts'
import type { Itself } from './place.ts'
import { dataEpoch, recover, renewDataEpoch } from './recovery.ts'
import { Reservations } from './reservations.ts'
import { anyJob } from './selection.ts'
import { freeResources } from './running/capacity.ts'
import { Executor } from './running/executor.ts'
import { heartbeatExecutions } from './link/heartbeat.ts'
import { defaultTimings } from './timings.ts'
import type { ComputeTimings } from './timings.ts'
import { Wake, Wakes } from './wake.ts'

/** What a compute daemon does right now. */
export interface ComputeStatus extends LinkStatus {
  readonly running: number
  /** Accepted, waiting for a slot. */
  readonly queued: number
  /** Ended, the requester does not hold the result yet. */
  readonly publishing: number
  readonly free: Resources
  /** Reports the requester has not acknowledged; 0 when it knows everything. */
  readonly unsentReports: number
}

/** The compute daemon: admits, runs, publishes and reports, with or without a network. */
export interface Compute extends Startable {
  status(): Promise<ComputeStatus>
}

/**
 * Makes a compute daemon; nothing happens before `start`. Start it when store and network are started: it then goes on
 * with what it had, and answers its requester. Stopped, it leaves no engine running and no state changed.
 */
export function createCompute(init: ComputeInit): Compute {
  return new ComputeDaemon(init)
}

interface Running extends Answering {
  readonly link: RequesterLink
  readonly executor: Executor
  readonly retention: Retention
  readonly crossed: CrossedCancels
  readonly reservations: Reservations
  readonly stop: AbortController
}

class ComputeDaemon implements Compute {
  readonly #init: ComputeInit
  readonly #timings: ComputeTimings
  #running: Running | undefined
  #hasHandlers = false
  #changing: Promise<void> = Promise.resolve()

  constructor(init: ComputeInit) {
    this.#init = init
    this.#timings = { ...defaultTimings, ...init.timings }
  }

  async start(): Promise<void> {
    this.#changing = this.#changing.catch(() => undefined).then(() => this.#start())
    await this.#changing
  }

  async stop(): Promise<void> {
    this.#changing = this.#changing.catch(() => undefined).then(() => this.#stop())
    await this.#changing
  }

  async status(): Promise<ComputeStatus> {
    const running = this.#running
    const live = running?.records.live() ?? []
    const inState = (...states: readonly string[]): number =>
      live.filter(({ state }) => states.includes(state)).length
    const { store } = this.#init
    return {
      ...(running?.link.status ?? { isConnected: false }),
      running: running?.executor.working ?? 0,
      queued: inState('Accepted', 'Preparing', 'Running') - (running?.executor.working ?? 0),
      publishing: inState('Publishing'),
      free: this.#free(running),
      unsentReports: (await store.lastReportSeq()) - (await store.ackedReportSeq()),
    }
  }

  async #start(): Promise<void> {
    if (this.#running !== undefined) return
    const running = this.#build()
    const { records, retention } = running
    await recover({ ...this.#init, records, retention })
    this.#running = running
    if (!this.#hasHandlers) this.#init.network.handle(computeHandlers(() => this.#running))
    this.#hasHandlers = true
    await running.retention.start()
    await running.crossed.start()
    await running.executor.start()
    await running.link.start()
  }

  async #stop(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    running.stop.abort(new Error('the compute daemon is stopping'))
    await running.executor.stop()
    await running.link.stop()
    await running.crossed.stop()
    await running.retention.stop()
    this.#running = undefined
  }

  #build(): Running {
    const timings = this.#timings
    const { store, clock, engines, sources, publishers, capacity, maxConcurrent, dataDir } = this.#init
    const { devices = [], perJob, selection = anyJob } = this.#init
    const records = new ExecutionRecords({ store, clock })
    const stop = new AbortController()
    const logNews = new Wakes()
    const reportNews = new Wake()
    const retention = new Retention({ ...this.#init, timings })
    const reservations = new Reservations({ clock, keepMs: timings.reservationMs })
    const itself = this.#itself
    const runParts = { ...this.#init, records, timings, logNews, itself }
    const executor = new Executor(runParts, { capacity, devices, maxConcurrent })
    const crossed = new CrossedCancels({
      ...this.#init,
      records,
      timings,
      onCancelled: (id, reason) => {
        executor.cancel(id, reason)
      },
    })
    const frontDesk = new FrontDesk({
      ...this.#init,
      records,
      reservations,
      executor,
      crossed,
      abilities: { engines, sources, publishers, capacity, devices, perJob, selection },
      itself,
      maxUnfinished: maxConcurrent + (this.#init.maxQueued ?? 1000),
      stopping: stop.signal,
      onReported: () => {
        reportNews.wake()
      },
    })
    records.onChange((record, isReported) => {
      retention.add(record)
      logNews.of(record.id).wake()
      if (isNodeExecutionOver(record.state)) {
        if (!executor.isActive(record.id)) this.#discard(record)
        logNews.forget(record.id)
        executor.forget(record.id)
      }
      executor.pump()
      if (isReported) reportNews.wake()
    })
    const link = this.#buildLink({ records, executor, reservations }, reportNews)
    const requester = () => link.status.requester
    const answering = {
      frontDesk,
      records,
      publishers,
      crossed,
      dataDir,
      logNews,
      requester,
      stopping: stop.signal,
    }
    return { ...answering, link, executor, retention, reservations, stop }
  }

  /** Cancelled while it waited for a slot: its engine may still run what an earlier life of the node began. */
  #discard({ id, spec }: NodeExecutionRecord): void {
    const { engines, log } = this.#init
    ofType(engines, spec.engine.type)
      ?.discard?.(id)
      .catch((error: unknown) => {
        log.warn(
          { err: error, execution: id },
          'what an engine holds of an ended execution cannot be removed now',
        )
      })
  }

  #buildLink(parts: Pick<Running, 'records' | 'executor' | 'reservations'>, reportNews: Wake): RequesterLink {
    const { requesterAddress, newId, joinToken } = this.#init
    return new RequesterLink({
      ...this.#init,
      address: requesterAddress,
      timings: this.#timings,
      bootId: newId(),
      reportNews,
      describe: async () => ({
        info: await this.#describe(parts),
        ...(joinToken === undefined ? {} : { joinToken }),
      }),
      beat: (): Pick<HeartbeatRequest, 'free' | 'executions'> => ({
        free: this.#free(parts),
        executions: heartbeatExecutions(parts.records.live(), (id) => parts.executor.progress(id)),
      }),
      dataEpoch: () => dataEpoch(this.#init),
      renewDataEpoch: () => renewDataEpoch(this.#init),
    })
  }

  #describe(parts: Pick<Running, 'records' | 'reservations'>): Promise<NodeInfo> {
    return nodeInfo(this.#init, this.#free(parts))
  }

  get #itself(): Itself {
    const { info, network } = this.#init
    return { name: info.name, id: network.self }
  }

  #free(parts: Pick<Running, 'records' | 'reservations'> | undefined): Resources {
    const live = parts?.records.live() ?? []
    const used = live.filter(({ state }) => state !== 'Publishing').map(({ spec }) => spec.resources)
    const reserved = parts?.reservations.all().map(({ resources }) => resources) ?? []
    return freeResources(this.#init.capacity, [...used, ...reserved])
  }
}

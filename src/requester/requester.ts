import { EdgeError, type NodeId } from '../domain/index.ts'
import type {
  BlockStore,
  Clock,
  Handlers,
  Log,
  Network,
  Orchestrator,
  RequesterStore,
  Startable,
} from '../ports/index.ts'
import { Collector } from './collector.ts'
import { Fleet, type Membership } from './fleet/index.ts'
import { Journal } from './journal.ts'
import { EarlierResults, News, RequesterOrchestrator } from './orchestrating/index.ts'
import type { Parts } from './parts.ts'
import { Reports } from './reports.ts'
import { steadyWall, Tasks } from './running/index.ts'
import { Scheduler } from './scheduler.ts'
import { Dispatcher } from './sending/index.ts'
import { defaultTimings, type Timings } from './timings.ts'

export interface RequesterInit {
  /** Started by whoever made it, before the requester; as are the others. */
  readonly store: RequesterStore
  readonly network: Network
  readonly blocks: BlockStore
  readonly clock: Clock
  readonly log: Log
  /** A random UUID. */
  readonly newId: () => string
  /** 0 (included) to 1 (not included). */
  readonly random: () => number
  readonly membership: Membership
  readonly timings?: Partial<Timings>
}

/** The requester daemon. Nothing happens before `start()`; after `stop()` nothing of it runs, and it can start again. */
export function createRequester(init: RequesterInit): Startable & { readonly orchestrator: Orchestrator } {
  return new Requester(init)
}

class Requester implements Startable {
  readonly orchestrator: Orchestrator
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #reports: Reports
  readonly #dispatcher: Dispatcher
  readonly #collector: Collector
  readonly #scheduler: Scheduler
  readonly #news: News
  readonly #earlier: EarlierResults
  #isHandling = false
  #isRunning = false

  constructor({ membership, timings, ...init }: RequesterInit) {
    const nowMs = steadyWall(init.clock, init.log)
    this.#parts = {
      ...init,
      timings: { ...defaultTimings, ...timings },
      tasks: new Tasks(init.log),
      journal: new Journal({ store: init.store, nowMs }),
      nowMs,
    }
    this.#fleet = new Fleet(this.#parts, membership)
    this.#reports = new Reports(this.#parts, this.#fleet)
    this.#dispatcher = new Dispatcher(this.#parts, this.#fleet)
    this.#collector = new Collector(this.#parts, this.#fleet)
    this.#scheduler = new Scheduler(this.#parts, this.#fleet)
    this.#news = new News(this.#parts, this.#fleet)
    this.#earlier = new EarlierResults(this.#parts)
    this.orchestrator = new RequesterOrchestrator(this.#parts, this.#fleet, this.#news)
  }

  async start(): Promise<void> {
    if (this.#isRunning) return
    const { tasks, network, timings, clock } = this.#parts
    this.#isRunning = true
    try {
      tasks.start()
      await this.#fleet.start()
      this.#news.start()
      this.#dispatcher.start()
      await this.#collector.start()
      await this.#scheduler.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    if (!this.#isHandling) network.handle(this.#handlers())
    this.#isHandling = true
    tasks.run('look at timeouts', async (signal) => {
      for (;;) {
        await clock.sleep(timings.tickMs, { signal })
        this.#fleet.sweep()
        this.#scheduler.tick()
      }
    })
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#scheduler.stop()
    this.#collector.stop()
    this.#dispatcher.stop()
    this.#news.stop()
    this.#fleet.stop()
    await this.#parts.tasks.stop()
  }

  #handlers(): Handlers {
    // A call that is being answered ends before `stop()` does: what it commits is then known to who comes after.
    const whileRunning = <Request, Response>(
      answer: (peer: NodeId, request: Request) => Response | Promise<Response>,
    ) => {
      return async (request: Request, { peer }: { readonly peer: NodeId }): Promise<Response> => {
        this.#checkRunning()
        return this.#parts.tasks.finish(Promise.resolve(answer(peer, request)))
      }
    }
    return {
      join: whileRunning((peer, request) => this.#fleet.join(peer, request)),
      heartbeat: whileRunning((peer, request) => this.#fleet.heartbeat(peer, request)),
      report: whileRunning((peer, request) => this.#reports.receive(peer, request)),
      results: whileRunning((peer, request) => this.#earlier.results(peer, request)),
      resultBlocks: (request, { peer, signal }) => {
        this.#checkRunning()
        const life = AbortSignal.any([signal, this.#parts.tasks.signal])
        return this.#earlier.blocks(peer, request, { signal: life })
      },
    }
  }

  #checkRunning(): void {
    if (this.#isRunning) return
    throw new EdgeError('peer_unreachable', 'the requester of this node is not running')
  }
}

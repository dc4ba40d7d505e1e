import { ExecutionId, isJobOver, type JobId, type JobState, type NodeRecord } from '../domain/index.ts'
import type { Committed, Log } from '../ports/index.ts'
import type { Fleet, FleetEvent } from './fleet/index.ts'
import { untilAgreed } from './journal.ts'
import type { Parts } from './parts.ts'
import { plan } from './planner/index.ts'
import { commitOf } from './plan-commit.ts'
import { Wakeup } from './running/index.ts'

const liveStates: readonly JobState[] = ['Pending', 'Queued', 'Running']
const concurrentEvaluations = 4
const pageSize = 500
/** A plan comes to rest after two or three rounds; more than this is a bug and is tried again at the next tick. */
const mostRounds = 10

/** What is remembered of a job that is not over, from its last plan. */
interface LiveJob {
  readonly isWaiting: boolean
  /** Monotonic. */
  readonly dueAtMs?: number
}

/** Evaluates jobs: on every change of theirs or of the fleet, and when a timeout is due. One evaluation a job at a time. */
export class Scheduler {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #log: Log
  readonly #live = new Map<JobId, LiveJob>()
  readonly #dirty = new Set<JobId>()
  readonly #inFlight = new Set<JobId>()
  readonly #wakeups: readonly Wakeup[] = Array.from({ length: concurrentEvaluations }, () => new Wakeup())
  #unlisten: readonly (() => void)[] = []

  constructor(parts: Parts, fleet: Fleet) {
    this.#parts = parts
    this.#fleet = fleet
    this.#log = parts.log.child({ part: 'scheduler' })
  }

  /** Evaluates all live jobs of the store. */
  async start(): Promise<void> {
    const { journal, tasks } = this.#parts
    this.#unlisten = [
      journal.onCommitted((committed) => {
        this.#onCommitted(committed)
      }),
      this.#fleet.onEvent((event) => {
        this.#onFleet(event)
      }),
    ]
    for (const wakeup of this.#wakeups) {
      tasks.run('evaluate jobs', (signal) => this.#evaluateForEver(wakeup, signal))
    }
    for (let before: JobId | undefined; ;) {
      const jobs = await this.#parts.store.jobs({
        states: liveStates,
        limit: pageSize,
        ...(before === undefined ? {} : { before }),
      })
      for (const { id } of jobs) this.evaluate(id)
      before = jobs.at(-1)?.id
      if (jobs.length < pageSize) return
    }
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = []
    this.#dirty.clear()
    this.#live.clear()
  }

  evaluate(id: JobId): void {
    this.#dirty.add(id)
    for (const wakeup of this.#wakeups) wakeup.ring()
  }

  /** Called every tick: evaluates the jobs for which a timeout is due, and looks at no other. */
  tick(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const [id, { dueAtMs }] of this.#live) {
      if (dueAtMs !== undefined && dueAtMs <= nowMs) this.evaluate(id)
    }
  }

  #onCommitted({ jobs, executions }: Committed): void {
    for (const { id, state } of jobs) if (!isJobOver(state)) this.evaluate(id)
    for (const { jobId } of executions) this.evaluate(jobId)
  }

  #onFleet(event: FleetEvent): void {
    switch (event.kind) {
      case 'joined':
        this.#evaluateAll(({ isWaiting }) => isWaiting)
        return
      case 'standingChanged':
      case 'massSilenceChanged':
        this.#evaluateAll(() => true)
        return
      case 'disconnected':
        this.#evaluateJobsOf(event.node)
        return
      case 'progressed':
        return
    }
  }

  #evaluateAll(isWanted: (job: LiveJob) => boolean): void {
    for (const [id, job] of this.#live) if (isWanted(job)) this.evaluate(id)
  }

  /** Their timeouts may begin now. */
  #evaluateJobsOf({ id }: NodeRecord): void {
    this.#evaluateAll(({ isWaiting }) => isWaiting)
    this.#parts.tasks.run('evaluate the jobs of a node', async () => {
      for (const { jobId } of await this.#parts.store.liveExecutionsOfNode(id)) this.evaluate(jobId)
    })
  }

  async #evaluateForEver(wakeup: Wakeup, signal: AbortSignal): Promise<void> {
    for (;;) {
      const id = this.#take()
      if (id === undefined) {
        await wakeup.wait(signal)
        continue
      }
      try {
        await this.#evaluate(id)
      } catch (error) {
        signal.throwIfAborted()
        this.#log.error({ err: error, jobId: id }, 'an evaluation failed; it is repeated')
        this.#live.set(id, {
          isWaiting: true,
          dueAtMs: this.#parts.clock.monotonicMs() + this.#parts.timings.tickMs,
        })
      } finally {
        this.#inFlight.delete(id)
      }
      signal.throwIfAborted()
    }
  }

  /** The next job that needs it and is not being evaluated. */
  #take(): JobId | undefined {
    for (const id of this.#dirty) {
      if (this.#inFlight.has(id)) continue
      this.#dirty.delete(id)
      this.#inFlight.add(id)
      return id
    }
    return undefined
  }

  async #evaluate(id: JobId): Promise<void> {
    for (let round = 0; round < mostRounds; round++) {
      if (await untilAgreed(() => this.#planOnce(id))) return
    }
    throw new Error('the plan of a job did not come to rest')
  }

  /** True when nothing is left to do now. */
  async #planOnce(id: JobId): Promise<boolean> {
    const { store, journal, clock, timings, newId } = this.#parts
    const job = await store.job(id)
    if (job === undefined || isJobOver(job.state)) {
      this.#live.delete(id)
      return true
    }
    const executions = await store.executionsOfJob(id)
    const nowMs = this.#parts.nowMs()
    const nodes = this.#fleet.sights(nowMs)
    const massSilenceMs = this.#fleet.massSilenceMs()
    const { actions, isWaiting, dueAtMs } = plan({ job, executions, nodes, nowMs, massSilenceMs, timings })
    this.#live.set(id, {
      isWaiting,
      ...(dueAtMs === undefined ? {} : { dueAtMs: clock.monotonicMs() + Math.max(0, dueAtMs - nowMs) }),
    })
    if (actions.length === 0) return true
    await journal.commit(commitOf(job, actions, () => ExecutionId.parse(`e-${newId()}`)))
    return false
  }
}

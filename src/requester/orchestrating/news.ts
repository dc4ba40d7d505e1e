import {
  isExecutionOver,
  type ExecutionId,
  type JobEvent,
  type JobId,
  type NodeId,
} from '../../domain/index.ts'
import type { Committed } from '../../ports/index.ts'
import type { Fleet, FleetEvent } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { Wakeup } from '../running/index.ts'

/** News without a place in the history. */
export type PassingEvent = Exclude<JobEvent, { readonly kind: 'history' }>

const mostPassing = 1000

/** One reader’s bell, and the passing news it has not read: of each execution and node only the latest. */
export class Subscription {
  readonly wakeup = new Wakeup()
  readonly jobId: JobId | undefined
  readonly #passing = new Map<ExecutionId | NodeId, PassingEvent>()
  readonly #close: (subscription: Subscription) => void

  constructor(jobId: JobId | undefined, close: (subscription: Subscription) => void) {
    this.jobId = jobId
    this.#close = close
  }

  /** Takes the place of older news about the same; a reader who is too slow loses the oldest. */
  tell(event: PassingEvent): void {
    const about = event.kind === 'progress' ? event.executionId : event.nodeId
    this.#passing.delete(about)
    this.#passing.set(about, event)
    const [oldest] = this.#passing.keys()
    if (this.#passing.size > mostPassing && oldest !== undefined) this.#passing.delete(oldest)
    this.wakeup.ring()
  }

  takePassing(): readonly PassingEvent[] {
    const events = [...this.#passing.values()]
    this.#passing.clear()
    return events
  }

  close(): void {
    this.#close(this)
  }
}

/** Tells who watches that there is something new: history is only announced (it is read from the store), the rest is told. */
export class News {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #subscriptions = new Set<Subscription>()
  readonly #jobOf = new Map<ExecutionId, JobId>()
  #unlisten: readonly (() => void)[] = []

  constructor(parts: Parts, fleet: Fleet) {
    this.#parts = parts
    this.#fleet = fleet
  }

  start(): void {
    this.#unlisten = [
      this.#parts.journal.onCommitted((committed) => {
        this.#onCommitted(committed)
      }),
      this.#fleet.onEvent((event) => {
        this.#onFleet(event)
      }),
    ]
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = []
    this.#jobOf.clear()
  }

  /** News of one job, or of all. Close it, or it stays. */
  subscribe(jobId: JobId | undefined): Subscription {
    const subscription = new Subscription(jobId, (closed) => this.#subscriptions.delete(closed))
    this.#subscriptions.add(subscription)
    return subscription
  }

  #onCommitted({ executions, history }: Committed): void {
    for (const { id, state } of executions) if (isExecutionOver(state)) this.#jobOf.delete(id)
    const jobs = new Set(history.map(({ jobId }) => jobId))
    for (const { jobId, wakeup } of this.#subscriptions) {
      if (jobs.size > 0 && (jobId === undefined || jobs.has(jobId))) wakeup.ring()
    }
  }

  #onFleet(event: FleetEvent): void {
    switch (event.kind) {
      case 'joined':
      case 'disconnected': {
        const { id: nodeId, info } = event.node
        const connectivity = event.kind === 'joined' ? 'connected' : 'disconnected'
        this.#tell(() => true, { kind: 'connectivity', nodeId, nodeName: info.name, connectivity })
        return
      }
      case 'progressed':
        if (this.#subscriptions.size > 0) this.#onProgress(event)
        return
      case 'standingChanged':
      case 'massSilenceChanged':
        return
    }
  }

  #onProgress({ executionId, progress }: Extract<FleetEvent, { readonly kind: 'progressed' }>): void {
    const tell = (jobId: JobId): void => {
      const isFor = (wanted: JobId | undefined): boolean => wanted === undefined || wanted === jobId
      this.#tell(isFor, { kind: 'progress', jobId, executionId, progress })
    }
    const known = this.#jobOf.get(executionId)
    if (known !== undefined) {
      tell(known)
      return
    }
    this.#parts.tasks.run('find the job of an execution', async () => {
      const execution = await this.#parts.store.execution(executionId)
      if (execution === undefined || isExecutionOver(execution.state)) return
      this.#jobOf.set(executionId, execution.jobId)
      tell(execution.jobId)
    })
  }

  #tell(isFor: (jobId: JobId | undefined) => boolean, event: PassingEvent): void {
    for (const subscription of this.#subscriptions) if (isFor(subscription.jobId)) subscription.tell(event)
  }
}

import type { ExecutionId, Reason } from '../domain/index.ts'
import type { Clock, ComputeStore, Log, Startable } from '../ports/index.ts'
import type { ExecutionRecords } from './durable/execution-records.ts'
import { Notes } from './durable/notes.ts'
import type { ComputeTimings } from './timings.ts'

export interface CrossedCancelsInit {
  readonly store: ComputeStore
  readonly records: ExecutionRecords
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<ComputeTimings, 'crossedCancelMs' | 'sweepMs'>
  readonly onCancelled: (id: ExecutionId, reason: Reason) => void
}

interface Crossed {
  readonly reason: Reason
  dueMs: number
}

/**
 * Cancels that crossed with the news that the work had ended. The result is kept on offer; when the requester has known
 * of it for long and never asked for a block, the cancel takes effect after all, so that nothing is kept for ever.
 */
export class CrossedCancels implements Startable {
  readonly #init: CrossedCancelsInit
  readonly #crossed = new Map<ExecutionId, Crossed>()
  #stopped = new AbortController()
  #sweeping: Promise<void> | undefined

  constructor(init: CrossedCancelsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const { store, records } = this.#init
    for (const { id, state } of records.live()) {
      if (state !== 'Publishing') continue
      const reason = await new Notes(store, id).cancel()
      if (reason !== undefined) this.#keep(id, reason)
    }
    this.#stopped = new AbortController()
    this.#sweeping ??= this.#sweepUntil(this.#stopped.signal)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#sweeping
    this.#sweeping = undefined
  }

  /** Durable when it resolves. */
  async add(id: ExecutionId, reason: Reason): Promise<void> {
    await new Notes(this.#init.store, id).putCancel(reason)
    this.#keep(id, reason)
  }

  /** The requester asked for the result. */
  postpone(id: ExecutionId): void {
    const crossed = this.#crossed.get(id)
    if (crossed !== undefined) crossed.dueMs = this.#fromNow()
  }

  #keep(id: ExecutionId, reason: Reason): void {
    this.#crossed.set(id, { reason, dueMs: this.#fromNow() })
  }

  #fromNow(): number {
    return this.#init.clock.monotonicMs() + this.#init.timings.crossedCancelMs
  }

  async #sweepUntil(signal: AbortSignal): Promise<void> {
    const { clock, timings, log } = this.#init
    while (!signal.aborted) {
      for (const id of this.#crossed.keys()) {
        await this.#settle(id).catch((error: unknown) => {
          log.warn({ err: error, execution: id }, 'a cancel cannot take effect; it is tried again')
        })
      }
      await clock.sleep(timings.sweepMs, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }
  }

  async #settle(id: ExecutionId): Promise<void> {
    const { records, clock, store, onCancelled } = this.#init
    const crossed = this.#crossed.get(id)
    if (crossed === undefined || crossed.dueMs > clock.monotonicMs()) return
    if (!(await isResultKnown(store, id))) {
      this.postpone(id)
      return
    }
    const { reason } = crossed
    await records.update(id, (record) =>
      record?.state === 'Publishing' ? { to: 'Cancelled', set: { reason }, report: true } : undefined,
    )
    this.#crossed.delete(id)
    onCancelled(id, reason)
  }
}

/** Whether the requester has acknowledged the report that names the result. */
export async function isResultKnown(store: ComputeStore, id: ExecutionId): Promise<boolean> {
  const record = await store.execution(id)
  if (record?.result === undefined) return false
  const unacknowledged = await store.reportsAfter(await store.ackedReportSeq(), 100_000)
  return !unacknowledged.some(({ executionId, state }) => executionId === id && state === 'Publishing')
}

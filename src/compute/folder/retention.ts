import { isNodeExecutionOver } from '../../domain/index.ts'
import type { ExecutionId, NodeExecutionRecord } from '../../domain/index.ts'
import type { Clock, ComputeStore, Log, Publisher, Startable } from '../../ports/index.ts'
import { ofType } from '../of-type.ts'
import type { ComputeTimings } from '../timings.ts'
import { executionFolder, removeTree } from './execution-folder.ts'

export interface RetentionParts {
  readonly store: ComputeStore
  readonly publishers: readonly Publisher[]
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly timings: Pick<ComputeTimings, 'resultRetentionMs' | 'sweepMs'>
}

interface Kept {
  readonly record: NodeExecutionRecord
  readonly dueMs: number
}

/** Cleans up after executions that are over: scratch and notes at once, results and logs when they have stayed long enough. */
export class Retention implements Startable {
  readonly #parts: RetentionParts
  readonly #kept = new Map<ExecutionId, Kept>()
  readonly #cleaning = new Set<Promise<void>>()
  #stopped = new AbortController()
  #sweeping: Promise<void> | undefined

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): Promise<void> {
    this.#stopped = new AbortController()
    this.#sweeping ??= this.#sweepUntil(this.#stopped.signal)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#sweeping
    this.#sweeping = undefined
    await Promise.all(this.#cleaning)
  }

  /** Takes over an execution that has just ended, or had ended before a restart; ignores all others. */
  add(record: NodeExecutionRecord): void {
    if (!isNodeExecutionOver(record.state) || this.#kept.has(record.id)) return
    const { clock, timings } = this.#parts
    // Wall time may have jumped: it never makes the stay longer than asked.
    const agoMs = Math.max(0, clock.wallMs() - record.updatedAtMs)
    const leftMs = Math.max(0, timings.resultRetentionMs - agoMs)
    this.#kept.set(record.id, { record, dueMs: clock.monotonicMs() + leftMs })
    this.#inBackground(this.#removeScratch(record), record)
  }

  async #sweepUntil(signal: AbortSignal): Promise<void> {
    const { clock, timings } = this.#parts
    while (!signal.aborted) {
      for (const { record, dueMs } of this.#kept.values()) {
        if (dueMs > clock.monotonicMs()) continue
        this.#kept.delete(record.id)
        this.#inBackground(this.#removeResult(record), record)
      }
      await clock.sleep(timings.sweepMs, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }
  }

  async #removeScratch({ id }: NodeExecutionRecord): Promise<void> {
    await removeTree(executionFolder(this.#parts.dataDir, id).scratch)
    await this.#parts.store.removeCheckpoints(id)
  }

  async #removeResult({ id, spec }: NodeExecutionRecord): Promise<void> {
    await ofType(this.#parts.publishers, spec.publisher.type)?.remove(id)
    await removeTree(executionFolder(this.#parts.dataDir, id).root)
  }

  /** What cannot be removed now is removed at the next start, which looks at every folder. */
  #inBackground(cleaning: Promise<void>, { id }: NodeExecutionRecord): void {
    const settled = cleaning
      .catch((error: unknown) => {
        this.#parts.log.warn({ err: error, execution: id }, 'cannot clean up after an execution')
      })
      .finally(() => this.#cleaning.delete(settled))
    this.#cleaning.add(settled)
  }
}

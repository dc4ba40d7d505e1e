import { EdgeError, isNodeExecutionOver } from '../../domain/index.ts'
import type { ExecutionId, NodeExecutionRecord, Report } from '../../domain/index.ts'
import type { ComputeCommit, ComputeStore } from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { ackedAfter, applyComputeCommit } from '../apply-compute-commit.ts'
import type { ComputeStep } from '../apply-compute-commit.ts'
import { jsonCopy } from '../canonical.ts'
import { promised } from '../promised.ts'

/** A compute store that keeps everything in this process; stopped and started again it still has it. */
export function createMemoryComputeStore(): ComputeStore {
  return new MemoryComputeStore()
}

class MemoryComputeStore implements ComputeStore {
  // Maps keep the order of insertion; a changed record keeps its place.
  readonly #executions = new Map<ExecutionId, NodeExecutionRecord>()
  readonly #checkpoints = new Map<ExecutionId, Map<string, unknown>>()
  readonly #meta = new Map<string, string>()
  readonly #reports: Report[] = []
  #ackedSeq = 0
  #isOpen = false

  start(): Promise<void> {
    this.#isOpen = true
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isOpen = false
    return Promise.resolve()
  }

  execution(id: ExecutionId): Promise<NodeExecutionRecord | undefined> {
    return this.#run(() => this.#executions.get(id))
  }

  executions({ live = false }: { live?: boolean } = {}): Promise<readonly NodeExecutionRecord[]> {
    return this.#run(() =>
      [...this.#executions.values()].filter(({ state }) => !live || !isNodeExecutionOver(state)),
    )
  }

  commit(commit: ComputeCommit): Promise<readonly NodeExecutionRecord[]> {
    return this.#run(() => {
      const view = {
        lastReportSeq: this.#reports.length,
        execution: (id: ExecutionId) => this.#executions.get(id),
      }
      const { steps, executions } = applyComputeCommit(view, commit)
      for (const step of steps) this.#write(step)
      return executions
    })
  }

  reportsAfter(seq: number, limit: number): Promise<readonly Report[]> {
    return this.#run(() => this.#reports.filter((report) => report.seq > seq).slice(0, limit))
  }

  lastReportSeq(): Promise<number> {
    return this.#run(() => this.#reports.length)
  }

  ackReports(seq: number): Promise<void> {
    return this.#run(() => {
      this.#ackedSeq = ackedAfter(this.#ackedSeq, this.#reports.length, seq)
    })
  }

  ackedReportSeq(): Promise<number> {
    return this.#run(() => this.#ackedSeq)
  }

  checkpoint(executionId: ExecutionId, key: string): Promise<unknown> {
    return this.#run(() => this.#checkpoints.get(executionId)?.get(key))
  }

  checkpoints(executionId: ExecutionId): Promise<ReadonlyMap<string, unknown>> {
    return this.#run(() => new Map(this.#checkpoints.get(executionId)))
  }

  putCheckpoint(executionId: ExecutionId, key: string, value: unknown): Promise<void> {
    return this.#run(() => {
      const copy = jsonCopy(value, `checkpoint ${key} of ${executionId}`)
      const kept = this.#checkpoints.get(executionId) ?? new Map<string, unknown>()
      this.#checkpoints.set(executionId, kept.set(key, copy))
    })
  }

  removeCheckpoints(executionId: ExecutionId): Promise<void> {
    return this.#run(() => {
      this.#checkpoints.delete(executionId)
    })
  }

  meta(key: string): Promise<string | undefined> {
    return this.#run(() => this.#meta.get(key))
  }

  putMeta(key: string, value: string): Promise<void> {
    return this.#run(() => {
      this.#meta.set(key, value)
    })
  }

  #run<T>(work: () => T): Promise<T> {
    return promised(() => {
      if (!this.#isOpen) throw new EdgeError('internal', 'the compute store was used while it is not started')
      return work()
    })
  }

  #write(step: ComputeStep): void {
    switch (step.kind) {
      case 'executionAdded':
      case 'executionChanged':
        this.#executions.set(step.record.id, step.record)
        return
      case 'reportAppended':
        this.#reports.push(step.report)
        return
      default:
        assertNever(step)
    }
  }
}

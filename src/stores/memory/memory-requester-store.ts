import { EdgeError, isExecutionOver } from '../../domain/index.ts'
import type {
  ExecutionId,
  ExecutionRecord,
  ExecutionState,
  HistoryEntry,
  JobId,
  JobRecord,
  NodeId,
  NodeRecord,
} from '../../domain/index.ts'
import type {
  Committed,
  JobQuery,
  OutboxMessage,
  RequesterCommit,
  RequesterStore,
} from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { applyNewJob, applyRequesterCommit, nodeToPut } from '../apply-requester-commit.ts'
import type { RequesterCounters, RequesterStep, RequesterView } from '../apply-requester-commit.ts'
import { promised } from '../promised.ts'

/** A requester store that keeps everything in this process; stopped and started again it still has it. */
export function createMemoryRequesterStore(): RequesterStore {
  return new MemoryRequesterStore()
}

class MemoryRequesterStore implements RequesterStore {
  // Maps keep the order of insertion; a changed record keeps its place.
  readonly #jobs = new Map<JobId, JobRecord>()
  readonly #executions = new Map<ExecutionId, ExecutionRecord>()
  readonly #nodes = new Map<NodeId, NodeRecord>()
  readonly #messages = new Map<number, OutboxMessage>()
  readonly #history: HistoryEntry[] = []
  #counters: RequesterCounters = { token: 0, historySeq: 0, messageSeq: 0 }
  #isOpen = false

  start(): Promise<void> {
    this.#isOpen = true
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isOpen = false
    return Promise.resolve()
  }

  createJob(
    record: JobRecord,
  ): Promise<{ record: JobRecord; created: boolean; history: readonly HistoryEntry[] }> {
    return this.#run(() => {
      const { idempotencyKey } = record
      const same = [...this.#jobs.values()].find(
        (job) => idempotencyKey !== undefined && job.idempotencyKey === idempotencyKey,
      )
      if (same !== undefined) return { record: same, created: false, history: [] }
      const { steps, committed } = applyNewJob(this.#view(), record)
      for (const step of steps) this.#write(step)
      const { jobs, history } = committed
      return { record: jobs[0] ?? record, created: true, history }
    })
  }

  job(id: JobId): Promise<JobRecord | undefined> {
    return this.#run(() => this.#jobs.get(id))
  }

  jobsByPrefix(prefix: string): Promise<readonly JobRecord[]> {
    return this.#run(() =>
      [...this.#jobs.values()]
        .filter((job) => job.id.startsWith(prefix))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, 3),
    )
  }

  jobs({ states, labels, before, limit }: JobQuery = {}): Promise<readonly JobRecord[]> {
    return this.#run(() => {
      const newestFirst = [...this.#jobs.values()].reverse().sort((a, b) => b.createdAtMs - a.createdAtMs)
      const position = before === undefined ? -1 : newestFirst.findIndex((job) => job.id === before)
      if (before !== undefined && position === -1) {
        throw new EdgeError('job_not_found', `jobs before ${before}: there is no such job`)
      }
      const wanted = Object.entries(labels ?? {})
      return newestFirst
        .slice(position + 1)
        .filter((job) => states?.includes(job.state) ?? true)
        .filter((job) =>
          wanted.every(
            ([key, value]) => Object.hasOwn(job.spec.labels, key) && job.spec.labels[key] === value,
          ),
        )
        .slice(0, limit)
    })
  }

  execution(id: ExecutionId): Promise<ExecutionRecord | undefined> {
    return this.#run(() => this.#executions.get(id))
  }

  executionsOfJob(jobId: JobId): Promise<readonly ExecutionRecord[]> {
    return this.#executionsThat((execution) => execution.jobId === jobId)
  }

  liveExecutionsOfNode(nodeId: NodeId): Promise<readonly ExecutionRecord[]> {
    return this.#executionsThat(
      (execution) => execution.nodeId === nodeId && !isExecutionOver(execution.state),
    )
  }

  executionsInState(state: ExecutionState): Promise<readonly ExecutionRecord[]> {
    return this.#executionsThat((execution) => execution.state === state)
  }

  commit(commit: RequesterCommit): Promise<Committed> {
    return this.#run(() => {
      const { steps, committed } = applyRequesterCommit(this.#view(), commit)
      for (const step of steps) this.#write(step)
      return committed
    })
  }

  history(query: { jobId?: JobId; afterSeq?: number; limit?: number }): Promise<readonly HistoryEntry[]> {
    const { jobId, afterSeq = 0, limit } = query
    return this.#run(() =>
      this.#history
        .filter((entry) => entry.seq > afterSeq && (jobId === undefined || entry.jobId === jobId))
        .slice(0, limit),
    )
  }

  outbox(nodeId: NodeId, limit: number): Promise<readonly OutboxMessage[]> {
    return this.#run(() =>
      [...this.#messages.values()].filter((message) => message.nodeId === nodeId).slice(0, limit),
    )
  }

  node(id: NodeId): Promise<NodeRecord | undefined> {
    return this.#run(() => this.#nodes.get(id))
  }

  nodes(): Promise<readonly NodeRecord[]> {
    return this.#run(() => [...this.#nodes.values()])
  }

  putNode(record: NodeRecord): Promise<void> {
    return this.#run(() => {
      this.#nodes.set(record.id, nodeToPut(this.#nodes.get(record.id), record))
    })
  }

  removeNode(id: NodeId): Promise<void> {
    return this.#run(() => {
      this.#nodes.delete(id)
    })
  }

  #executionsThat(isWanted: (execution: ExecutionRecord) => boolean): Promise<readonly ExecutionRecord[]> {
    return this.#run(() => [...this.#executions.values()].filter(isWanted))
  }

  #run<T>(work: () => T): Promise<T> {
    return promised(() => {
      if (!this.#isOpen)
        throw new EdgeError('internal', 'the requester store was used while it is not started')
      return work()
    })
  }

  #view(): RequesterView {
    return {
      counters: this.#counters,
      job: (id) => this.#jobs.get(id),
      execution: (id) => this.#executions.get(id),
      node: (id) => this.#nodes.get(id),
    }
  }

  #write(step: RequesterStep): void {
    switch (step.kind) {
      case 'jobAdded':
      case 'jobChanged':
        this.#jobs.set(step.record.id, step.record)
        return
      case 'executionAdded':
      case 'executionChanged':
        this.#executions.set(step.record.id, step.record)
        return
      case 'historyAppended':
        this.#history.push(step.entry)
        return
      case 'messageAdded':
        this.#messages.set(step.message.seq, step.message)
        return
      case 'messageSettled':
        this.#messages.delete(step.seq)
        return
      case 'nodePut':
        this.#nodes.set(step.record.id, step.record)
        return
      case 'countersMoved':
        this.#counters = step.counters
        return
      default:
        assertNever(step)
    }
  }
}

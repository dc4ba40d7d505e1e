import type {
  Connectivity,
  ExecutionId,
  HeartbeatRequest,
  NodeRecord,
  Progress,
  Resources,
} from '../../domain/index.ts'

/** A node as this run of the requester knows it. Times are monotonic. */
export class Member {
  record: NodeRecord
  connectivity: Connectivity = 'disconnected'
  lastHeardMs: number
  disconnectedSinceMs: number
  #hasBeenHeard = false
  #free: Resources | undefined
  readonly #progress = new Map<ExecutionId, Progress>()

  constructor(record: NodeRecord, monotonicMs: number) {
    this.record = record
    this.lastHeardMs = monotonicMs
    this.disconnectedSinceMs = monotonicMs
  }

  /** False until it joined in this run of the requester. */
  get hasBeenHeard(): boolean {
    return this.#hasBeenHeard
  }

  get free(): Resources {
    return this.#free ?? this.record.info.free
  }

  progressOf(id: ExecutionId): Progress | undefined {
    return this.#progress.get(id)
  }

  join(record: NodeRecord, monotonicMs: number): void {
    if (record.bootId !== this.record.bootId) this.#progress.clear()
    this.record = record
    this.#free = record.info.free
    this.#hasBeenHeard = true
    this.connectivity = 'connected'
    this.lastHeardMs = monotonicMs
  }

  /** Gives the progress that is news. */
  beat(
    { free, executions }: HeartbeatRequest,
    monotonicMs: number,
  ): readonly (readonly [ExecutionId, Progress])[] {
    this.lastHeardMs = monotonicMs
    this.#free = free
    const running = new Set(executions.map(({ executionId }) => executionId))
    for (const id of this.#progress.keys()) if (!running.has(id)) this.#progress.delete(id)
    return executions.flatMap(({ executionId, progress }) => {
      if (progress === undefined) return []
      this.#progress.set(executionId, progress)
      return [[executionId, progress] as const]
    })
  }

  disconnect(monotonicMs: number): void {
    this.connectivity = 'disconnected'
    this.disconnectedSinceMs = monotonicMs
  }
}

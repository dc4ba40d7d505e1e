import { isNodeExecutionOver } from '../../domain/index.ts'
import type {
  ExecutionId,
  NodeExecutionRecord,
  NodeExecutionState,
  OfferRequest,
  Report,
} from '../../domain/index.ts'
import type { Clock, ComputeStore, NodeExecutionChange } from '../../ports/index.ts'

/** A change of one record; `report` tells the requester the state it is in then. */
export interface RecordChange {
  readonly to?: NodeExecutionState
  readonly set?: NonNullable<NodeExecutionChange['set']>
  readonly report: boolean
}

type Decision = RecordChange | undefined

/**
 * The node’s executions: what is live is kept in memory too, every change is one commit, and changes of one execution
 * happen one after the other, each decided on what the one before left.
 */
export class ExecutionRecords {
  readonly #store: ComputeStore
  readonly #clock: Clock
  readonly #live = new Map<ExecutionId, NodeExecutionRecord>()
  readonly #turns = new Map<ExecutionId, Promise<unknown>>()
  readonly #listeners = new Set<(record: NodeExecutionRecord, isReported: boolean) => void>()

  constructor({ store, clock }: { readonly store: ComputeStore; readonly clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  async load(): Promise<void> {
    this.#live.clear()
    for (const record of await this.#store.executions({ live: true })) this.#live.set(record.id, record)
  }

  /** Called after every commit. */
  onChange(listener: (record: NodeExecutionRecord, isReported: boolean) => void): void {
    this.#listeners.add(listener)
  }

  /** Not yet over, oldest first. */
  live(): readonly NodeExecutionRecord[] {
    return [...this.#live.values()]
  }

  isLive(id: ExecutionId): boolean {
    return this.#live.has(id)
  }

  async find(id: ExecutionId): Promise<NodeExecutionRecord | undefined> {
    return this.#live.get(id) ?? (await this.#store.execution(id))
  }

  /** Keeps a new execution in state Accepted, or gives the one that is there. */
  async accept({ executionId, jobId, token, spec, partition }: OfferRequest): Promise<NodeExecutionRecord> {
    return this.#inTurn(executionId, async () => {
      const kept = await this.find(executionId)
      if (kept !== undefined) return kept
      const atMs = this.nowMs()
      const [record] = await this.#store.commit({
        atMs,
        newExecutions: [
          { id: executionId, jobId, token, spec, ...(partition === undefined ? {} : { partition }) },
        ],
        reports: [{ executionId, jobId, token, state: 'Accepted', atMs }],
      })
      if (record === undefined) throw new Error(`the store kept no record of ${executionId}`)
      this.#publishChange(record, true)
      return record
    })
  }

  /** Decides on the record as it is now and commits; resolves with the record after it. Undefined changes nothing. */
  async update(
    id: ExecutionId,
    decide: (record: NodeExecutionRecord | undefined) => Decision | Promise<Decision>,
  ): Promise<NodeExecutionRecord | undefined> {
    return this.#inTurn(id, async () => {
      const record = await this.find(id)
      const change = await decide(record)
      return record === undefined || change === undefined ? record : this.#commit(record, change)
    })
  }

  async #commit(record: NodeExecutionRecord, change: RecordChange): Promise<NodeExecutionRecord> {
    const { to, set, report } = change
    const atMs = this.nowMs()
    const [changed] = await this.#store.commit({
      atMs,
      executions: [
        {
          id: record.id,
          expectedRevision: record.revision,
          ...(to === undefined ? {} : { to }),
          ...(set === undefined ? {} : { set }),
        },
      ],
      ...(report ? { reports: [reportOf({ ...record, ...set, state: to ?? record.state }, atMs)] } : {}),
    })
    if (changed === undefined) throw new Error(`the store changed no record of ${record.id}`)
    this.#publishChange(changed, report)
    return changed
  }

  #publishChange(record: NodeExecutionRecord, isReported: boolean): void {
    if (isNodeExecutionOver(record.state)) this.#live.delete(record.id)
    else this.#live.set(record.id, record)
    for (const listener of this.#listeners) listener(record, isReported)
  }

  async #inTurn<T>(id: ExecutionId, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id)
    const turn = (before ?? Promise.resolve()).then(work, work)
    this.#turns.set(id, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id)
    }
  }

  /** Wall time for records, in whole milliseconds. */
  nowMs(): number {
    return Math.round(this.#clock.wallMs())
  }
}

function reportOf(record: NodeExecutionRecord, atMs: number): Omit<Report, 'seq'> {
  const { id: executionId, jobId, token, state, reason, exitCode, outcome, result } = record
  return {
    executionId,
    jobId,
    token,
    state,
    atMs,
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(result === undefined ? {} : { result }),
  }
}

import { isEdgeError, type JobRecord } from '../domain/index.ts'
import type { Committed, RequesterCommit, RequesterStore } from '../ports/index.ts'

type Listener = (committed: Committed) => void

interface JournalInit {
  readonly store: RequesterStore
  readonly nowMs: () => number
}

/** Every change of jobs and executions goes through here; who listens hears of it after it is on disk. */
export class Journal {
  readonly #store: RequesterStore
  readonly #nowMs: () => number
  readonly #listeners = new Set<Listener>()

  constructor({ store, nowMs }: JournalInit) {
    this.#store = store
    this.#nowMs = nowMs
  }

  /** Listeners must not throw. Returns the way to stop listening. */
  onCommitted(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async createJob(record: JobRecord): Promise<{ readonly record: JobRecord; readonly created: boolean }> {
    const { history, ...made } = await this.#store.createJob(record)
    if (made.created) this.#tell({ jobs: [made.record], executions: [], history, messages: [] })
    return made
  }

  /** Throws `state_conflict` when an expectation fails; nothing has changed then. */
  async commit(commit: Omit<RequesterCommit, 'atMs'>): Promise<Committed> {
    const committed = await this.#store.commit({ ...commit, atMs: this.#nowMs() })
    this.#tell(committed)
    return committed
  }

  #tell(committed: Committed): void {
    for (const listener of this.#listeners) listener(committed)
  }
}

/** How often a decision is made anew because somebody else was faster, before that is an error. */
const patience = 20

/** Decides and commits; decides anew on `state_conflict`. `decide` reads what it decides on and commits it itself. */
export async function untilAgreed<T>(decide: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decide()
    } catch (error) {
      if (attempt >= patience || !isEdgeError(error, 'state_conflict')) throw error
    }
  }
}

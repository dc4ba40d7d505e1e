import type { BlockStore, Clock, Log, Network, RequesterStore } from '../ports/index.ts'
import type { Journal } from './journal.ts'
import type { Tasks } from './running/index.ts'
import type { Timings } from './timings.ts'

/** What the parts of the requester share. */
export interface Parts {
  readonly store: RequesterStore
  readonly network: Network
  readonly blocks: BlockStore
  readonly clock: Clock
  readonly log: Log
  readonly newId: () => string
  /** 0 (included) to 1 (not included). */
  readonly random: () => number
  readonly timings: Timings
  readonly tasks: Tasks
  /** The only way to change what the store keeps. */
  readonly journal: Journal
  /** Wall time for records, free of leaps. */
  readonly nowMs: () => number
}

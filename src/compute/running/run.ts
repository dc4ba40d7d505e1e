import type { Device, ExecutionId, Progress } from '../../domain/index.ts'
import type { Clock, ComputeStore, Engine, InputSource, Log, Publisher } from '../../ports/index.ts'
import type { ExecutionRecords } from '../durable/execution-records.ts'
import type { Notes } from '../durable/notes.ts'
import type { ExecutionFolder } from '../folder/execution-folder.ts'
import type { Itself } from '../place.ts'
import type { ComputeTimings } from '../timings.ts'
import type { Wakes } from '../wake.ts'
import type { WorkLog } from '../folder/work-log.ts'

/** What every run shares. */
export interface RunParts {
  readonly store: ComputeStore
  readonly records: ExecutionRecords
  readonly engines: readonly Engine[]
  readonly sources: readonly InputSource[]
  readonly publishers: readonly Publisher[]
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  readonly dataDir: string
  readonly itself: Itself
  readonly timings: ComputeTimings
  /** Woken when an execution printed something or its work ended. */
  readonly logNews: Wakes
}

/** One execution on its way through this node, from the moment it has a slot. */
export interface Run {
  readonly id: ExecutionId
  readonly parts: RunParts
  /** Its own while it works; undefined when the node does not have what it asks for (any more). */
  readonly devices: readonly Device[] | undefined
  readonly notes: Notes
  readonly folder: ExecutionFolder
  readonly log: Log
  /** Aborted with a `Stopped`. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** The work is done and its slot is free; what follows is publishing. */
  readonly onWorked: () => void
}

/** A run while its work goes on. */
export interface WorkRun extends Run {
  readonly workLog: WorkLog
}

/** Attempts that may crash in a row without a new checkpoint before an execution is given up as poison. */
export const maxCrashes = 3
/** For stdout and stderr each. */
export const logLimitBytes = 16 * 1_048_576

import type {
  Device,
  EngineType,
  ExecutionId,
  JobId,
  JobSpec,
  LogLine,
  Progress,
  Reason,
} from '../domain/index.ts'
import type { PreparedInput } from './input-source.ts'
import type { Abortable } from './startable.ts'

export interface EngineStatus {
  readonly available: boolean
  /** One line for people: version, providers, or what is missing. */
  readonly detail: string
}

/** Durable notes of one execution: what is put here is there again after a crash of the node. Values are JSON. */
export interface Checkpoint {
  entries(): Promise<ReadonlyMap<string, unknown>>
  put(key: string, value: unknown): Promise<void>
}

export interface EngineWork {
  readonly executionId: ExecutionId
  /** Absent where work is run without a job. */
  readonly jobId?: JobId
  /** `spec.engine` is of this engine’s type. */
  readonly spec: JobSpec
  readonly inputs: readonly PreparedInput[]
  /** The node’s GPUs (class `gpu`) and other devices that are this execution’s own while it runs. */
  readonly devices: readonly Device[]
  /** Exists; what is left in it is published as `outputs/`. Not emptied between attempts. */
  readonly outputsDir: string
  /** Exists; everything in it is published. `outputsDir` is in it. */
  readonly resultDir: string
  /** May be made; stays on the node as long as the result does, and is not published. */
  readonly keptDir: string
  /** Exists, is the execution’s own, and is removed when the execution is over. */
  readonly scratchDir: string
  readonly checkpoint: Checkpoint
  readonly onProgress: (progress: Progress) => void
  /** stdout and stderr of the work, line by line, without newline. */
  readonly onLog: (line: LogLine) => void
}

/** How the work ended. An exit code other than 0 is the workload’s own failure; what it left is published all the same. */
export interface EngineOutcome {
  readonly exitCode: number
  readonly reason?: Reason
  readonly scannedFiles: number
  readonly scannedBytes: number
  readonly scannedSeconds: number
  readonly events: number
  readonly clips: number
}

/**
 * Runs work. `run` rejects with `engine_crashed` when the process that did it died (the node tries again),
 * and with the signal’s reason when aborted, after all its processes are gone. An engine whose work can outlive the node
 * may leave it running when the reason’s `cause` is `{ kind: 'shutdown' }`, and goes on with it when `run` is called for
 * the same execution again.
 */
export interface Engine {
  readonly type: EngineType
  status(): Promise<EngineStatus>
  /** Why this node cannot run this spec (a model that is not there, ...); undefined when it can. */
  objection(spec: JobSpec, options?: Abortable): Promise<Reason | undefined>
  run(work: EngineWork, options: { readonly signal: AbortSignal }): Promise<EngineOutcome>
  /** At the node’s start, before any `run`: ends and removes what an earlier life left of executions not in `live`. */
  sweep?(live: ReadonlySet<ExecutionId>): Promise<void>
  /** An execution is over: removes what may be left of it. */
  discard?(id: ExecutionId): Promise<void>
}

import type { ExecutionId, NodeExecutionRecord, NodeExecutionState, Report } from '../domain/index.ts'
import type { Startable } from './startable.ts'

export type NewNodeExecution = Pick<NodeExecutionRecord, 'id' | 'jobId' | 'token' | 'spec' | 'partition'>

export interface NodeExecutionChange {
  readonly id: ExecutionId
  readonly expectedRevision: number
  readonly to?: NodeExecutionState
  readonly set?: Partial<
    Pick<NodeExecutionRecord, 'token' | 'starts' | 'reason' | 'exitCode' | 'outcome' | 'result'>
  >
}

export interface ComputeCommit {
  readonly atMs: number
  /** Kept in state Accepted, revision 0, starts 0. */
  readonly newExecutions?: readonly NewNodeExecution[]
  readonly executions?: readonly NodeExecutionChange[]
  /** Appended to the report log; the store numbers them. */
  readonly reports?: readonly Omit<Report, 'seq'>[]
}

/**
 * What a node must not forget: accepted executions, progress by file, news for the requester. Resolved means on disk.
 * `commit` is all or nothing and throws `state_conflict` when an expectation fails.
 */
export interface ComputeStore extends Startable {
  execution(id: ExecutionId): Promise<NodeExecutionRecord | undefined>
  /** All that are kept, oldest first; `live` leaves out those that are over. */
  executions(query?: { live?: boolean }): Promise<readonly NodeExecutionRecord[]>
  commit(commit: ComputeCommit): Promise<readonly NodeExecutionRecord[]>
  /** Reports with a larger `seq`, oldest first. */
  reportsAfter(seq: number, limit: number): Promise<readonly Report[]>
  lastReportSeq(): Promise<number>
  /** The requester has these on disk; never goes back. */
  ackReports(seq: number): Promise<void>
  ackedReportSeq(): Promise<number>
  /** What an engine wrote to go on from after a crash. */
  checkpoint(executionId: ExecutionId, key: string): Promise<unknown>
  checkpoints(executionId: ExecutionId): Promise<ReadonlyMap<string, unknown>>
  putCheckpoint(executionId: ExecutionId, key: string, value: unknown): Promise<void>
  removeCheckpoints(executionId: ExecutionId): Promise<void>
  meta(key: string): Promise<string | undefined>
  putMeta(key: string, value: string): Promise<void>
}

import type {
  ExecutionId,
  ExecutionRecord,
  ExecutionState,
  HistoryEntry,
  JobId,
  JobRecord,
  JobState,
  NodeId,
  NodeRecord,
  Reason,
} from '../domain/index.ts'
import type { Startable } from './startable.ts'

/** Moves a job; refused when its revision is not `expectedRevision` or the table has no such way. */
export interface JobChange {
  readonly id: JobId
  readonly expectedRevision: number
  readonly to: JobState
  readonly reason?: Reason
}

/** A new attempt; the store gives it the next fencing token, state New and revision 0. */
export type NewExecution = Pick<ExecutionRecord, 'id' | 'jobId' | 'nodeId' | 'nodeName' | 'attempt'>

/** Moves an execution, or with `to` left out changes only the fields of `set`. */
export interface ExecutionChange {
  readonly id: ExecutionId
  readonly expectedRevision: number
  readonly to?: ExecutionState
  readonly set?: Partial<
    Pick<
      ExecutionRecord,
      'reason' | 'exitCode' | 'outcome' | 'result' | 'runningAtMs' | 'partition' | 'bid' | 'choice'
    >
  >
}

export type MessageKind = 'offer' | 'start' | 'cancel' | 'published'

/** Something to tell a node. What is said is read from the records when it is sent. */
export interface NewMessage {
  readonly nodeId: NodeId
  readonly executionId: ExecutionId
  readonly kind: MessageKind
  readonly reason?: Reason
}
export interface OutboxMessage extends NewMessage {
  readonly seq: number
  readonly createdAtMs: number
}

/** Everything that happens in one transaction. */
export interface RequesterCommit {
  readonly atMs: number
  readonly jobs?: readonly JobChange[]
  readonly newExecutions?: readonly NewExecution[]
  /** Applied after `newExecutions`, so a new execution (revision 0) can move on in the same commit. */
  readonly executions?: readonly ExecutionChange[]
  readonly messages?: readonly NewMessage[]
  /** Outbox messages that were delivered, or are no longer to be. */
  readonly settledMessages?: readonly number[]
  /** The node’s reports up to here took effect with this commit. */
  readonly reportCursor?: { readonly nodeId: NodeId; readonly ackedReportSeq: number }
}

export interface Committed {
  readonly jobs: readonly JobRecord[]
  readonly executions: readonly ExecutionRecord[]
  /** The lines appended to the event log, one for each state change, in order. */
  readonly history: readonly HistoryEntry[]
  readonly messages: readonly OutboxMessage[]
}

export interface JobQuery {
  readonly states?: readonly JobState[]
  readonly labels?: Readonly<Record<string, string>>
  /** Newest first; only jobs created before this one. */
  readonly before?: JobId
  readonly limit?: number
}

/**
 * The requester’s durable truth. Every returned promise that resolves means: on disk (fsync). `commit` is all or nothing
 * and throws `state_conflict` when an expectation fails. History has one line for each state change, `seq` without gaps.
 */
export interface RequesterStore extends Startable {
  /** Keeps a job in state Pending, with its first history line. The same idempotency key gives the job that has it. */
  createJob(record: JobRecord): Promise<{
    readonly record: JobRecord
    readonly created: boolean
    readonly history: readonly HistoryEntry[]
  }>
  job(id: JobId): Promise<JobRecord | undefined>
  /** Jobs whose id begins so; at most 3. */
  jobsByPrefix(prefix: string): Promise<readonly JobRecord[]>
  jobs(query?: JobQuery): Promise<readonly JobRecord[]>
  execution(id: ExecutionId): Promise<ExecutionRecord | undefined>
  executionsOfJob(jobId: JobId): Promise<readonly ExecutionRecord[]>
  /** Not yet over, on this node. */
  liveExecutionsOfNode(nodeId: NodeId): Promise<readonly ExecutionRecord[]>
  executionsInState(state: ExecutionState): Promise<readonly ExecutionRecord[]>
  commit(commit: RequesterCommit): Promise<Committed>
  history(query: { jobId?: JobId; afterSeq?: number; limit?: number }): Promise<readonly HistoryEntry[]>
  /** Unsettled messages to a node, oldest first. */
  outbox(nodeId: NodeId, limit: number): Promise<readonly OutboxMessage[]>
  node(id: NodeId): Promise<NodeRecord | undefined>
  nodes(): Promise<readonly NodeRecord[]>
  putNode(record: NodeRecord): Promise<void>
  /** Forgets a node; nothing happens when there is none. */
  removeNode(id: NodeId): Promise<void>
}

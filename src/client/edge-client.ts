import type {
  AgentView,
  AliveView,
  Approval,
  DutyRequest,
  ExecutionView,
  HistoryEntry,
  JobEvent,
  JobExplanation,
  JobLogLine,
  JobPage,
  JobSpecInput,
  JobState,
  JobSummary,
  JobView,
  LabelsRequest,
  NodeId,
  NodeView,
  ResultView,
  SpecCheck,
  VersionView,
} from '../domain/index.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface JobsQuery {
  readonly states?: readonly JobState[]
  readonly labels?: Readonly<Record<string, string>>
  /** Only jobs that are older than this one. */
  readonly before?: string
  /** `next` of the page before. */
  readonly cursor?: string
  readonly limit?: number
}

export interface EachOptions extends CallOptions {
  /** How many are asked for at a time; 1000, the most, unless told. */
  readonly pageSize?: number
}

export interface LogsQuery extends CallOptions {
  readonly execution?: string
  readonly follow?: boolean
  readonly tail?: number
  /** Only lines printed then or later; asks for their times, too (0: all lines). */
  readonly sinceMs?: number
}

/** A pause in watching: the requester does not answer, and is asked again after `delayMs`. */
interface Reconnect {
  readonly attempt: number
  readonly delayMs: number
  readonly error: Error | undefined
}

export interface WatchQuery extends CallOptions {
  /** All jobs when left out. */
  readonly job?: string
  /** Only history with a larger sequence number. */
  readonly afterSeq?: number
  readonly onReconnect?: (reconnect: Reconnect) => void
}

/**
 * The requester’s API as typed calls. `job`, `node` and `execution` take a full or short id, or (nodes) a name. Every
 * call rejects with the EdgeError that the requester answered, with `requester_unreachable` when nobody did, with
 * `rpc_protocol` for an answer that no schema knows, or with the signal’s reason.
 */
export interface EdgeClient {
  readonly url: string
  /**
   * Durable when it resolves. Safe to ask again with the same key: the job is accepted once. Without a key one is made,
   * so that a connection that breaks in between can be tried again.
   */
  submit(
    spec: JobSpecInput,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<{ readonly job: JobView; readonly created: boolean }>
  validate(spec: unknown, options?: CallOptions): Promise<SpecCheck>
  job(job: string, options?: CallOptions): Promise<JobView>
  /** One page, newest first; `eachJob` gives all of them. */
  jobs(query?: JobsQuery, options?: CallOptions): Promise<JobPage>
  /** Lists as iterations: page after page, each asked for when it is needed. */
  eachJob(query?: Omit<JobsQuery, 'cursor' | 'limit'>, options?: EachOptions): AsyncIterable<JobSummary>
  eachExecution(job: string, options?: EachOptions): AsyncIterable<ExecutionView>
  eachHistory(
    job: string,
    query?: { readonly afterSeq?: number },
    options?: EachOptions,
  ): AsyncIterable<HistoryEntry>
  eachResult(job: string, options?: EachOptions): AsyncIterable<ResultView>
  eachNode(options?: EachOptions): AsyncIterable<NodeView>
  /** Lists whole. */
  executions(job: string, options?: CallOptions): Promise<readonly ExecutionView[]>
  history(
    job: string,
    query?: { readonly afterSeq?: number; readonly limit?: number },
    options?: CallOptions,
  ): Promise<readonly HistoryEntry[]>
  /** With `revision` only while the job is at it, as it was seen; else rejects with `precondition_failed`. */
  stop(job: string, options?: CallOptions & { readonly revision?: number }): Promise<JobView>
  results(job: string, options?: CallOptions): Promise<readonly ResultView[]>
  /** Ends when all is sent; with `follow` when the job is over. */
  logs(job: string, query?: LogsQuery): AsyncIterable<JobLogLine>
  /**
   * History without loss or repetition, and passing news, until the job is over. A requester that restarts or cannot be
   * reached is asked again, for as long as it takes; only the signal ends that.
   */
  watch(query?: WatchQuery): AsyncIterable<JobEvent>
  nodes(options?: CallOptions): Promise<readonly NodeView[]>
  node(node: string, options?: CallOptions): Promise<NodeView>
  setApproval(node: string, approval: Approval, options?: CallOptions): Promise<NodeView>
  explain(job: string, options?: CallOptions): Promise<JobExplanation>
  setDuty(node: string, request: DutyRequest, options?: CallOptions): Promise<NodeView>
  /** Null takes a label away; what is not named stays. */
  setLabels(node: string, labels: LabelsRequest['labels'], options?: CallOptions): Promise<NodeView>
  /** Forgets a node that is not connected. */
  deleteNode(node: string, options?: CallOptions): Promise<NodeId>
  /** The bytes as they came; the caller checks them against the CID. */
  block(cid: string, options?: CallOptions): Promise<Uint8Array>
  agent(options?: CallOptions): Promise<AgentView>
  version(options?: CallOptions): Promise<VersionView>
  alive(options?: CallOptions): Promise<AliveView>
}

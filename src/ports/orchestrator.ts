import type {
  Approval,
  DutyRequest,
  ExecutionId,
  ExecutionView,
  HistoryEntry,
  JobEvent,
  JobExplanation,
  JobLogLine,
  JobSpec,
  JobState,
  JobSummary,
  JobView,
  LabelsRequest,
  NodeId,
  NodeView,
  ResultView,
} from '../domain/index.ts'
import type { Abortable } from './startable.ts'

/** `job`, `node` and `execution` arguments take a full id, a short id, or (nodes) a name; errors: *_not_found, id_ambiguous. */
export interface Orchestrator {
  /** Durable when it resolves. Throws `idempotency_conflict` when the key was used with another spec. */
  submit(
    spec: JobSpec,
    options?: { idempotencyKey?: string },
  ): Promise<{ readonly job: JobView; readonly created: boolean }>
  job(job: string): Promise<JobView>
  jobs(query: {
    states?: readonly JobState[]
    labels?: Readonly<Record<string, string>>
    before?: string
    limit?: number
  }): Promise<{ readonly jobs: readonly JobSummary[]; readonly next?: string }>
  executions(job: string): Promise<readonly ExecutionView[]>
  history(job: string, query: { afterSeq?: number; limit?: number }): Promise<readonly HistoryEntry[]>
  /** Throws `job_over` when it has ended, `precondition_failed` when its revision is none of those given. */
  stop(job: string, options?: { readonly revisions?: readonly number[] }): Promise<JobView>
  results(job: string): Promise<readonly ResultView[]>
  /**
   * Ends when all is sent; with `follow` when the job is over. Lines of all executions unless one is named. With
   * `sinceMs` only lines printed then or later, by the clocks of their nodes; a line without a time is as old as can be.
   */
  logs(
    job: string,
    query: { execution?: string; follow: boolean; tail?: number; sinceMs?: number } & Abortable,
  ): AsyncIterable<JobLogLine>
  /** News of one job (or of all), after `afterSeq`; ends with the signal, or when the one job is over. */
  watch(query: { job?: string; afterSeq?: number } & Abortable): AsyncIterable<JobEvent>
  nodes(): Promise<readonly NodeView[]>
  node(node: string): Promise<NodeView>
  setApproval(node: string, approval: Approval): Promise<NodeView>
  /** Why each node was chosen for the job or not. */
  explain(job: string): Promise<JobExplanation>
  /** With `draining`, running work is stopped after `drainSeconds` when given. */
  setDuty(node: string, request: DutyRequest): Promise<NodeView>
  /** Labels over those the node says; null takes one away. */
  setLabels(node: string, labels: LabelsRequest['labels']): Promise<NodeView>
  /** Forgets a node that is not connected. Throws `state_conflict` for one that is. */
  deleteNode(node: string): Promise<NodeId>
  /** A block of a fetched result. Throws `block_missing`. */
  block(cid: string): Promise<Uint8Array>
  /** A short or full execution id as the full one. */
  executionId(execution: string): Promise<ExecutionId>
}

import {
  ExecutionRecord,
  HistoryEntry,
  JobRecord,
  NodeRecord,
  Reason,
  executionTransitions,
  jobTransitions,
  transition,
} from '../domain/index.ts'
import type { ExecutionId, JobId, NodeId } from '../domain/index.ts'
import type {
  Committed,
  ExecutionChange,
  JobChange,
  NewExecution,
  NewMessage,
  OutboxMessage,
  RequesterCommit,
} from '../ports/index.ts'
import { canonical } from './canonical.ts'
import { conflict, definedFields, expectRevision } from './expectations.ts'

/** The highest numbers given out so far; 0 when none was. */
export interface RequesterCounters {
  readonly token: number
  readonly historySeq: number
  readonly messageSeq: number
}

/** What is kept before the commit, read synchronously inside its transaction. */
export interface RequesterView {
  readonly counters: RequesterCounters
  job(id: JobId): JobRecord | undefined
  execution(id: ExecutionId): ExecutionRecord | undefined
  node(id: NodeId): NodeRecord | undefined
}

/** One write. A changed record has the revision after the one it replaces. */
export type RequesterStep =
  | { readonly kind: 'jobAdded'; readonly record: JobRecord }
  | { readonly kind: 'jobChanged'; readonly record: JobRecord }
  | { readonly kind: 'executionAdded'; readonly record: ExecutionRecord }
  | { readonly kind: 'executionChanged'; readonly record: ExecutionRecord }
  | { readonly kind: 'historyAppended'; readonly entry: HistoryEntry }
  | { readonly kind: 'messageAdded'; readonly message: OutboxMessage }
  | { readonly kind: 'messageSettled'; readonly seq: number }
  | { readonly kind: 'nodePut'; readonly record: NodeRecord }
  | { readonly kind: 'countersMoved'; readonly counters: RequesterCounters }

export interface AppliedRequesterCommit {
  readonly steps: readonly RequesterStep[]
  readonly committed: Committed
}

/**
 * What a commit does, as writes in order; nothing is written here. Every store decides by this one function.
 * Throws `state_conflict` when an expectation fails: a revision, the state table, a record that is not there, an id that
 * is, a report cursor that would go back.
 */
export function applyRequesterCommit(view: RequesterView, commit: RequesterCommit): AppliedRequesterCommit {
  const draft = new Draft(view, commit.atMs)
  for (const change of commit.jobs ?? []) draft.changeJob(change)
  for (const added of commit.newExecutions ?? []) draft.addExecution(added)
  for (const change of commit.executions ?? []) draft.changeExecution(change)
  for (const message of commit.messages ?? []) draft.addMessage(message)
  for (const seq of commit.settledMessages ?? []) draft.settleMessage(seq)
  if (commit.reportCursor !== undefined) draft.moveReportCursor(commit.reportCursor)
  return draft.applied()
}

/** A new job with its first history line. Throws `state_conflict` when it is not Pending at revision 0 or its id is taken. */
export function applyNewJob(view: RequesterView, record: JobRecord): AppliedRequesterCommit {
  const draft = new Draft(view, record.createdAtMs)
  draft.addJob(record)
  return draft.applied()
}

/** A node record as it is to be kept: within one data epoch the report cursor never goes back. */
export function nodeToPut(kept: NodeRecord | undefined, record: NodeRecord): NodeRecord {
  const floor = kept?.dataEpoch === record.dataEpoch ? kept.ackedReportSeq : 0
  const ackedReportSeq = Math.max(floor, record.ackedReportSeq)
  return canonical(NodeRecord, { ...record, ackedReportSeq }, `node ${record.id}`)
}

class Draft {
  readonly #view: RequesterView
  readonly #atMs: number
  readonly #steps: RequesterStep[] = []
  readonly #jobs = new Map<JobId, JobRecord>()
  readonly #executions = new Map<ExecutionId, ExecutionRecord>()
  readonly #history: HistoryEntry[] = []
  readonly #messages: OutboxMessage[] = []
  #counters: RequesterCounters

  constructor(view: RequesterView, atMs: number) {
    this.#view = view
    this.#atMs = atMs
    this.#counters = view.counters
  }

  addJob(record: JobRecord): void {
    const { id, state, revision } = record
    if (state !== 'Pending' || revision !== 0) {
      throw conflict(`job ${id} begins Pending at revision 0, not ${state} at ${revision}`, {
        id,
        state,
        revision,
      })
    }
    if (this.#view.job(id) !== undefined) throw conflict(`job ${id} is kept already`, { id })
    const kept = canonical(JobRecord, record, `job ${id}`)
    this.#jobs.set(id, kept)
    this.#steps.push({ kind: 'jobAdded', record: kept })
    this.#appendJobHistory(null, kept)
  }

  changeJob({ id, expectedRevision, to, reason }: JobChange): void {
    const what = `job ${id}`
    const before = expectRevision(what, this.#jobs.get(id) ?? this.#view.job(id), expectedRevision)
    // The reason says why the job is in its state, so it does not outlive the state.
    const { reason: _past, ...kept } = before
    const record = canonical(
      JobRecord,
      {
        ...kept,
        state: transition(jobTransitions, before.state, to),
        revision: before.revision + 1,
        updatedAtMs: this.#atMs,
        ...definedFields({ reason }),
      },
      what,
    )
    this.#jobs.set(id, record)
    this.#steps.push({ kind: 'jobChanged', record })
    this.#appendJobHistory(before, record)
  }

  addExecution(added: NewExecution): void {
    const { id, jobId } = added
    if (this.#execution(id) !== undefined) throw conflict(`execution ${id} is kept already`, { id })
    if ((this.#jobs.get(jobId) ?? this.#view.job(jobId)) === undefined) {
      throw conflict(`execution ${id} belongs to job ${jobId}, which is not kept here`, { id, jobId })
    }
    const token = this.#counters.token + 1
    this.#counters = { ...this.#counters, token }
    const begin = {
      token,
      state: 'New',
      revision: 0,
      createdAtMs: this.#atMs,
      updatedAtMs: this.#atMs,
    } as const
    const record = canonical(ExecutionRecord, { ...added, ...begin }, `execution ${id}`)
    this.#executions.set(id, record)
    this.#steps.push({ kind: 'executionAdded', record })
    this.#appendExecutionHistory(null, record)
  }

  changeExecution({ id, expectedRevision, to, set }: ExecutionChange): void {
    const what = `execution ${id}`
    const before = expectRevision(what, this.#execution(id), expectedRevision)
    if (set?.partition !== undefined && (before.partition ?? set.partition) !== set.partition) {
      throw conflict(`${what} is partition ${String(before.partition)}, not ${set.partition}`, { id })
    }
    const record = canonical(
      ExecutionRecord,
      {
        ...before,
        ...definedFields(set),
        state: to === undefined ? before.state : transition(executionTransitions, before.state, to),
        revision: before.revision + 1,
        updatedAtMs: this.#atMs,
      },
      what,
    )
    this.#executions.set(id, record)
    this.#steps.push({ kind: 'executionChanged', record })
    if (to !== undefined) this.#appendExecutionHistory(before, record, set?.reason)
  }

  addMessage(added: NewMessage): void {
    const { nodeId, executionId, kind, reason } = added
    if (this.#execution(executionId) === undefined) {
      throw conflict(`a ${kind} is about execution ${executionId}, which is not kept here`, {
        executionId,
        kind,
      })
    }
    const seq = this.#counters.messageSeq + 1
    this.#counters = { ...this.#counters, messageSeq: seq }
    const kept = reason === undefined ? undefined : canonical(Reason, reason, `the reason of a ${kind}`)
    const message = Object.freeze({
      seq,
      nodeId,
      executionId,
      kind,
      createdAtMs: this.#atMs,
      ...definedFields({ reason: kept }),
    })
    this.#messages.push(message)
    this.#steps.push({ kind: 'messageAdded', message })
  }

  settleMessage(seq: number): void {
    this.#steps.push({ kind: 'messageSettled', seq })
  }

  moveReportCursor({ nodeId, ackedReportSeq }: { nodeId: NodeId; ackedReportSeq: number }): void {
    const node = this.#view.node(nodeId)
    if (node === undefined) throw conflict(`node ${nodeId} is not kept here`, { nodeId })
    if (ackedReportSeq < node.ackedReportSeq) {
      const found = node.ackedReportSeq
      throw conflict(`reports of node ${nodeId} took effect up to ${found}, not only ${ackedReportSeq}`, {
        nodeId,
        found,
        ackedReportSeq,
      })
    }
    const record = canonical(NodeRecord, { ...node, ackedReportSeq }, `node ${nodeId}`)
    this.#steps.push({ kind: 'nodePut', record })
  }

  applied(): AppliedRequesterCommit {
    const steps = [...this.#steps]
    if (this.#counters !== this.#view.counters)
      steps.push({ kind: 'countersMoved', counters: this.#counters })
    const committed = {
      jobs: [...this.#jobs.values()],
      executions: [...this.#executions.values()],
      history: this.#history,
      messages: this.#messages,
    }
    return { steps, committed }
  }

  #execution(id: ExecutionId): ExecutionRecord | undefined {
    return this.#executions.get(id) ?? this.#view.execution(id)
  }

  #appendJobHistory(before: JobRecord | null, { id, state, revision, reason }: JobRecord): void {
    const from = before?.state ?? null
    this.#append({ jobId: id, entity: 'job', from, to: state, revision, ...definedFields({ reason }) })
  }

  #appendExecutionHistory(before: ExecutionRecord | null, record: ExecutionRecord, reason?: Reason): void {
    const { id: executionId, jobId, nodeId, state: to, revision } = record
    const from = before?.state ?? null
    const why = definedFields({ reason })
    this.#append({ jobId, executionId, nodeId, entity: 'execution', from, to, revision, ...why })
  }

  #append(line: Omit<HistoryEntry, 'seq' | 'atMs'>): void {
    const seq = this.#counters.historySeq + 1
    this.#counters = { ...this.#counters, historySeq: seq }
    const entry = canonical(HistoryEntry, { seq, atMs: this.#atMs, ...line }, `history line ${seq}`)
    this.#history.push(entry)
    this.#steps.push({ kind: 'historyAppended', entry })
  }
}

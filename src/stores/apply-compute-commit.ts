import { NodeExecutionRecord, Report, nodeExecutionTransitions, transition } from '../domain/index.ts'
import type { ExecutionId } from '../domain/index.ts'
import type { ComputeCommit, NewNodeExecution, NodeExecutionChange } from '../ports/index.ts'
import { canonical } from './canonical.ts'
import { conflict, definedFields, expectRevision } from './expectations.ts'

/** What is kept before the commit, read synchronously inside its transaction. */
export interface ComputeView {
  /** 0 when there is no report yet. */
  readonly lastReportSeq: number
  execution(id: ExecutionId): NodeExecutionRecord | undefined
}

/** One write. A changed record has the revision after the one it replaces. */
export type ComputeStep =
  | { readonly kind: 'executionAdded'; readonly record: NodeExecutionRecord }
  | { readonly kind: 'executionChanged'; readonly record: NodeExecutionRecord }
  | { readonly kind: 'reportAppended'; readonly report: Report }

export interface AppliedComputeCommit {
  readonly steps: readonly ComputeStep[]
  /** Each execution that the commit touched, as it is after it. */
  readonly executions: readonly NodeExecutionRecord[]
}

/**
 * What a commit does, as writes in order; nothing is written here. Every store decides by this one function.
 * Throws `state_conflict` when an expectation fails: a revision, the state table, an execution that is not there, an id
 * that is, a token lower than the kept one.
 */
export function applyComputeCommit(view: ComputeView, commit: ComputeCommit): AppliedComputeCommit {
  const { atMs } = commit
  const steps: ComputeStep[] = []
  const executions = new Map<ExecutionId, NodeExecutionRecord>()
  const find = (id: ExecutionId): NodeExecutionRecord | undefined => executions.get(id) ?? view.execution(id)
  for (const added of commit.newExecutions ?? []) {
    const record = newExecution(find(added.id), added, atMs)
    executions.set(record.id, record)
    steps.push({ kind: 'executionAdded', record })
  }
  for (const change of commit.executions ?? []) {
    const record = changedExecution(find(change.id), change, atMs)
    executions.set(record.id, record)
    steps.push({ kind: 'executionChanged', record })
  }
  for (const [index, news] of (commit.reports ?? []).entries()) {
    const seq = view.lastReportSeq + index + 1
    const report = canonical(Report, { ...news, seq }, `report ${seq}`)
    steps.push({ kind: 'reportAppended', report })
  }
  return { steps, executions: [...executions.values()] }
}

/** The acknowledged sequence number after an acknowledgement. Throws `state_conflict` for reports there never were. */
export function ackedAfter(kept: number, lastReportSeq: number, seq: number): number {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > lastReportSeq) {
    throw conflict(`reports up to ${seq} were acknowledged, but the last one is ${lastReportSeq}`, {
      seq,
      lastReportSeq,
    })
  }
  return Math.max(kept, seq)
}

function newExecution(
  kept: NodeExecutionRecord | undefined,
  added: NewNodeExecution,
  atMs: number,
): NodeExecutionRecord {
  const { id } = added
  if (kept !== undefined) throw conflict(`execution ${id} is kept already`, { id })
  const begin = { state: 'Accepted', revision: 0, starts: 0, createdAtMs: atMs, updatedAtMs: atMs } as const
  return canonical(NodeExecutionRecord, { ...added, ...begin }, `execution ${id}`)
}

function changedExecution(
  kept: NodeExecutionRecord | undefined,
  { id, expectedRevision, to, set }: NodeExecutionChange,
  atMs: number,
): NodeExecutionRecord {
  const what = `execution ${id}`
  const before = expectRevision(what, kept, expectedRevision)
  if (set?.token !== undefined && set.token < before.token) {
    throw conflict(`${what} has token ${before.token}, which ${set.token} does not replace`, {
      id,
      token: set.token,
      found: before.token,
    })
  }
  const state = to === undefined ? before.state : transition(nodeExecutionTransitions, before.state, to)
  return canonical(
    NodeExecutionRecord,
    { ...before, ...definedFields(set), state, revision: before.revision + 1, updatedAtMs: atMs },
    what,
  )
}

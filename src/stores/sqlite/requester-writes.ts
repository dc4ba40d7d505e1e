import type { ExecutionRecord, HistoryEntry, JobRecord, NodeRecord } from '../../domain/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import type { OutboxMessage } from '../../ports/index.ts'
import type { RequesterStep } from '../apply-requester-commit.ts'
import { conflict } from '../expectations.ts'
import type { Database } from './database.ts'
import { toJson } from './rows.ts'

/** Writes one step of a commit; runs inside its transaction. Throws `state_conflict` when the row is not what was read. */
export function writeRequesterStep(database: Database, step: RequesterStep): void {
  switch (step.kind) {
    case 'jobAdded':
      addJob(database, step.record)
      return
    case 'jobChanged':
      changeJob(database, step.record)
      return
    case 'executionAdded':
      addExecution(database, step.record)
      return
    case 'executionChanged':
      changeExecution(database, step.record)
      return
    case 'historyAppended':
      appendHistory(database, step.entry)
      return
    case 'messageAdded':
      addMessage(database, step.message)
      return
    case 'messageSettled':
      database.run('DELETE FROM outbox WHERE seq = ?', step.seq)
      return
    case 'nodePut':
      putNode(database, step.record)
      return
    case 'countersMoved':
      // The history needs no counter: nothing of it is ever deleted.
      database.run(`UPDATE counters SET value = ? WHERE name = 'token'`, step.counters.token)
      database.run(`UPDATE counters SET value = ? WHERE name = 'message'`, step.counters.messageSeq)
      return
    default:
      assertNever(step)
  }
}

/** Keeps a node’s record in the place of the one before. */
export function putNode(database: Database, record: NodeRecord): void {
  database.run(
    `INSERT INTO nodes (id, approval, info, boot_id, data_epoch, acked_report_seq, first_seen_at_ms, last_seen_at_ms,
       duty, drain_until_ms, set_labels)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET approval = excluded.approval, info = excluded.info, boot_id = excluded.boot_id,
       data_epoch = excluded.data_epoch, acked_report_seq = excluded.acked_report_seq,
       first_seen_at_ms = excluded.first_seen_at_ms, last_seen_at_ms = excluded.last_seen_at_ms,
       duty = excluded.duty, drain_until_ms = excluded.drain_until_ms, set_labels = excluded.set_labels`,
    record.id,
    record.approval,
    toJson(record.info),
    record.bootId,
    record.dataEpoch,
    record.ackedReportSeq,
    record.firstSeenAtMs,
    record.lastSeenAtMs,
    record.duty,
    record.drainUntilMs ?? null,
    toJson(record.setLabels),
  )
}

function addJob(database: Database, record: JobRecord): void {
  const row = database.get(
    `INSERT INTO jobs (id, spec, state, revision, reason, idempotency_key, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    record.id,
    toJson(record.spec),
    record.state,
    record.revision,
    toJson(record.reason),
    record.idempotencyKey ?? null,
    record.createdAtMs,
    record.updatedAtMs,
  )
  for (const [key, value] of Object.entries(record.spec.labels)) {
    database.run(
      'INSERT INTO job_labels (job_seq, key, value) VALUES (?, ?, ?)',
      Number(row?.seq),
      key,
      value,
    )
  }
}

function changeJob(database: Database, { id, state, revision, reason, updatedAtMs }: JobRecord): void {
  const changes = database.run(
    'UPDATE jobs SET state = ?, revision = ?, reason = ?, updated_at_ms = ? WHERE id = ? AND revision = ?',
    state,
    revision,
    toJson(reason),
    updatedAtMs,
    id,
    revision - 1,
  )
  if (changes !== 1) throw conflict(`job ${id} is not at revision ${revision - 1} any more`, { id, revision })
}

function addExecution(database: Database, record: ExecutionRecord): void {
  database.run(
    `INSERT INTO executions (id, job_id, node_id, node_name, attempt, token, state, revision, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.id,
    record.jobId,
    record.nodeId,
    record.nodeName,
    record.attempt,
    record.token,
    record.state,
    record.revision,
    record.createdAtMs,
    record.updatedAtMs,
  )
}

function changeExecution(database: Database, record: ExecutionRecord): void {
  const { id, revision } = record
  const changes = database.run(
    `UPDATE executions SET state = ?, revision = ?, reason = ?, exit_code = ?, outcome = ?, result = ?,
       running_at_ms = ?, partition = ?, bid = ?, choice = ?, updated_at_ms = ?
     WHERE id = ? AND revision = ? AND token = ?`,
    record.state,
    revision,
    toJson(record.reason),
    record.exitCode ?? null,
    toJson(record.outcome),
    toJson(record.result),
    record.runningAtMs ?? null,
    record.partition ?? null,
    toJson(record.bid),
    toJson(record.choice),
    record.updatedAtMs,
    id,
    revision - 1,
    record.token,
  )
  if (changes !== 1)
    throw conflict(`execution ${id} is not at revision ${revision - 1} any more`, { id, revision })
}

function appendHistory(database: Database, entry: HistoryEntry): void {
  database.run(
    `INSERT INTO history (seq, at_ms, job_id, execution_id, node_id, entity, from_state, to_state, revision, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    entry.seq,
    entry.atMs,
    entry.jobId,
    entry.executionId ?? null,
    entry.nodeId ?? null,
    entry.entity,
    entry.from,
    entry.to,
    entry.revision,
    toJson(entry.reason),
  )
}

function addMessage(database: Database, message: OutboxMessage): void {
  database.run(
    'INSERT INTO outbox (seq, node_id, execution_id, kind, reason, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    message.seq,
    message.nodeId,
    message.executionId,
    message.kind,
    toJson(message.reason),
    message.createdAtMs,
  )
}

import { z } from 'zod'
import {
  ExecutionId,
  ExecutionRecord,
  HistoryEntry,
  JobRecord,
  NodeId,
  NodeRecord,
  Reason,
} from '../../domain/index.ts'
import type { OutboxMessage } from '../../ports/index.ts'
import type { Row } from './database.ts'
import { fromDisk, fromJson } from './rows.ts'

/** Rows of requester.db as records, checked against the schemas; all throw `store_corrupt`. */

export function jobOfRow(row: Row, path: string): JobRecord {
  const place = { path, what: `job ${String(row.id)}` }
  return fromDisk(
    JobRecord,
    {
      id: row.id,
      spec: fromJson(row.spec, place),
      state: row.state,
      revision: row.revision,
      reason: fromJson(row.reason, place),
      idempotencyKey: row.idempotency_key,
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
    },
    place,
  )
}

export function executionOfRow(row: Row, path: string): ExecutionRecord {
  const place = { path, what: `execution ${String(row.id)}` }
  return fromDisk(
    ExecutionRecord,
    {
      id: row.id,
      jobId: row.job_id,
      nodeId: row.node_id,
      nodeName: row.node_name,
      attempt: row.attempt,
      partition: row.partition,
      token: row.token,
      state: row.state,
      revision: row.revision,
      reason: fromJson(row.reason, place),
      exitCode: row.exit_code,
      outcome: fromJson(row.outcome, place),
      result: fromJson(row.result, place),
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
      runningAtMs: row.running_at_ms,
      bid: fromJson(row.bid, place),
      choice: fromJson(row.choice, place),
    },
    place,
  )
}

const StoredHistoryEntry = HistoryEntry.extend({ from: z.string().optional() })

export function historyOfRow(row: Row, path: string): HistoryEntry {
  const place = { path, what: `history line ${String(row.seq)}` }
  const { from, ...entry } = fromDisk(
    StoredHistoryEntry,
    {
      seq: row.seq,
      atMs: row.at_ms,
      jobId: row.job_id,
      executionId: row.execution_id,
      nodeId: row.node_id,
      entity: row.entity,
      from: row.from_state,
      to: row.to_state,
      revision: row.revision,
      reason: fromJson(row.reason, place),
    },
    place,
  )
  return { ...entry, from: from ?? null }
}

const StoredMessage = z.object({
  seq: z.int(),
  nodeId: NodeId,
  executionId: ExecutionId,
  kind: z.enum(['offer', 'start', 'cancel', 'published']),
  reason: Reason.optional(),
  createdAtMs: z.int(),
})

export function messageOfRow(row: Row, path: string): OutboxMessage {
  const place = { path, what: `outbox message ${String(row.seq)}` }
  const { reason, ...message } = fromDisk(
    StoredMessage,
    {
      seq: row.seq,
      nodeId: row.node_id,
      executionId: row.execution_id,
      kind: row.kind,
      reason: fromJson(row.reason, place),
      createdAtMs: row.created_at_ms,
    },
    place,
  )
  return reason === undefined ? message : { ...message, reason }
}

export function nodeOfRow(row: Row, path: string): NodeRecord {
  const place = { path, what: `node ${String(row.id)}` }
  return fromDisk(
    NodeRecord,
    {
      id: row.id,
      approval: row.approval,
      info: fromJson(row.info, place),
      bootId: row.boot_id,
      dataEpoch: row.data_epoch,
      ackedReportSeq: row.acked_report_seq,
      firstSeenAtMs: row.first_seen_at_ms,
      lastSeenAtMs: row.last_seen_at_ms,
      duty: row.duty,
      drainUntilMs: row.drain_until_ms,
      setLabels: fromJson(row.set_labels, place),
    },
    place,
  )
}

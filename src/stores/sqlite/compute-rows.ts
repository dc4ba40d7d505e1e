import { NodeExecutionRecord, Report } from '../../domain/index.ts'
import type { Database, Row } from './database.ts'
import { conflict } from '../expectations.ts'
import { fromDisk, fromJson, toJson } from './rows.ts'

/** Rows of compute.db as records, checked against the schemas (they throw `store_corrupt`), and records as rows. */

export function nodeExecutionOfRow(row: Row, path: string): NodeExecutionRecord {
  const place = { path, what: `execution ${String(row.id)}` }
  return fromDisk(
    NodeExecutionRecord,
    {
      id: row.id,
      jobId: row.job_id,
      token: row.token,
      partition: row.partition,
      spec: fromJson(row.spec, place),
      state: row.state,
      revision: row.revision,
      starts: row.starts,
      reason: fromJson(row.reason, place),
      exitCode: row.exit_code,
      outcome: fromJson(row.outcome, place),
      result: fromJson(row.result, place),
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
    },
    place,
  )
}

export function reportOfRow(row: Row, path: string): Report {
  const place = { path, what: `report ${String(row.seq)}` }
  return fromDisk(
    Report,
    {
      seq: row.seq,
      executionId: row.execution_id,
      jobId: row.job_id,
      token: row.token,
      state: row.state,
      atMs: row.at_ms,
      reason: fromJson(row.reason, place),
      exitCode: row.exit_code,
      outcome: fromJson(row.outcome, place),
      result: fromJson(row.result, place),
    },
    place,
  )
}

export function addNodeExecution(database: Database, record: NodeExecutionRecord): void {
  database.run(
    `INSERT INTO executions (id, job_id, token, partition, spec, state, revision, starts, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.id,
    record.jobId,
    record.token,
    record.partition ?? null,
    toJson(record.spec),
    record.state,
    record.revision,
    record.starts,
    record.createdAtMs,
    record.updatedAtMs,
  )
}

/** Throws `state_conflict` when the row is not at the revision before. */
export function changeNodeExecution(database: Database, record: NodeExecutionRecord): void {
  const { id, revision } = record
  const changes = database.run(
    `UPDATE executions SET token = ?, state = ?, revision = ?, starts = ?, reason = ?, exit_code = ?, outcome = ?,
       result = ?, updated_at_ms = ? WHERE id = ? AND revision = ?`,
    record.token,
    record.state,
    revision,
    record.starts,
    toJson(record.reason),
    record.exitCode ?? null,
    toJson(record.outcome),
    toJson(record.result),
    record.updatedAtMs,
    id,
    revision - 1,
  )
  if (changes !== 1)
    throw conflict(`execution ${id} is not at revision ${revision - 1} any more`, { id, revision })
}

export function appendReport(database: Database, report: Report): void {
  database.run(
    `INSERT INTO reports (seq, execution_id, job_id, token, state, at_ms, reason, exit_code, outcome, result)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    report.seq,
    report.executionId,
    report.jobId,
    report.token,
    report.state,
    report.atMs,
    toJson(report.reason),
    report.exitCode ?? null,
    toJson(report.outcome),
    toJson(report.result),
  )
}

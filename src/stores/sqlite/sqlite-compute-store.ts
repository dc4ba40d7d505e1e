import { NodeExecutionState, isNodeExecutionOver } from '../../domain/index.ts'
import type { ExecutionId, NodeExecutionRecord, Report } from '../../domain/index.ts'
import type { ComputeCommit, ComputeStore } from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { ackedAfter, applyComputeCommit } from '../apply-compute-commit.ts'
import type { ComputeStep } from '../apply-compute-commit.ts'
import { jsonText } from '../canonical.ts'
import {
  addNodeExecution,
  appendReport,
  changeNodeExecution,
  nodeExecutionOfRow,
  reportOfRow,
} from './compute-rows.ts'
import { computeApplicationId, computeMachines, computeMigrations } from './compute-schema.ts'
import type { Database } from './database.ts'
import { OpenedDatabase } from './opened-database.ts'
import { fromJson } from './rows.ts'
import type { SqliteStoreInit } from './sqlite-requester-store.ts'

/** A compute store in one SQLite file. `start` throws `store_corrupt`, `data_dir_unusable` or `data_dir_locked`. */
export function createSqliteComputeStore(init: SqliteStoreInit): ComputeStore {
  return new SqliteComputeStore(init)
}

const liveStates = NodeExecutionState.options.filter((state) => !isNodeExecutionOver(state))

class SqliteComputeStore implements ComputeStore {
  readonly #file: OpenedDatabase

  constructor({ path, log }: SqliteStoreInit) {
    this.#file = new OpenedDatabase({
      path,
      log,
      applicationId: computeApplicationId,
      migrations: computeMigrations,
      machines: computeMachines,
    })
  }

  start(): Promise<void> {
    return this.#file.start()
  }

  stop(): Promise<void> {
    return this.#file.stop()
  }

  execution(id: ExecutionId): Promise<NodeExecutionRecord | undefined> {
    return this.#file.read((database) => executionOf(database, id))
  }

  executions({ live = false }: { live?: boolean } = {}): Promise<readonly NodeExecutionRecord[]> {
    return this.#file.read((database) => {
      const marks = liveStates.map(() => '?').join(', ')
      const rows = live
        ? database.all(`SELECT * FROM executions WHERE state IN (${marks}) ORDER BY seq`, ...liveStates)
        : database.all('SELECT * FROM executions ORDER BY seq')
      return rows.map((row) => nodeExecutionOfRow(row, database.path))
    })
  }

  commit(commit: ComputeCommit): Promise<readonly NodeExecutionRecord[]> {
    return this.#file.write((database) => {
      const view = {
        lastReportSeq: lastReportSeqOf(database),
        execution: (id: ExecutionId) => executionOf(database, id),
      }
      const { steps, executions } = applyComputeCommit(view, commit)
      for (const step of steps) writeStep(database, step)
      return executions
    })
  }

  reportsAfter(seq: number, limit: number): Promise<readonly Report[]> {
    return this.#file.read((database) =>
      database
        .all('SELECT * FROM reports WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
        .map((row) => reportOfRow(row, database.path)),
    )
  }

  lastReportSeq(): Promise<number> {
    return this.#file.read(lastReportSeqOf)
  }

  ackReports(seq: number): Promise<void> {
    return this.#file.write((database) => {
      const acked = ackedAfter(ackedReportSeqOf(database), lastReportSeqOf(database), seq)
      database.run(`UPDATE counters SET value = ? WHERE name = 'acked_report'`, acked)
    })
  }

  ackedReportSeq(): Promise<number> {
    return this.#file.read(ackedReportSeqOf)
  }

  checkpoint(executionId: ExecutionId, key: string): Promise<unknown> {
    return this.#file.read((database) => {
      const sql = 'SELECT value FROM checkpoints WHERE execution_id = ? AND key = ?'
      const row = database.get(sql, executionId, key)
      if (row === undefined) return undefined
      return fromJson(row.value, { path: database.path, what: `checkpoint ${key} of ${executionId}` })
    })
  }

  checkpoints(executionId: ExecutionId): Promise<ReadonlyMap<string, unknown>> {
    return this.#file.read((database) => {
      const sql = 'SELECT key, value FROM checkpoints WHERE execution_id = ? ORDER BY seq'
      const place = { path: database.path, what: `a checkpoint of ${executionId}` }
      return new Map(
        database.all(sql, executionId).map(({ key, value }) => [String(key), fromJson(value, place)]),
      )
    })
  }

  putCheckpoint(executionId: ExecutionId, key: string, value: unknown): Promise<void> {
    return this.#file.write((database) => {
      database.run(
        `INSERT INTO checkpoints (execution_id, key, value) VALUES (?, ?, ?)
         ON CONFLICT (execution_id, key) DO UPDATE SET value = excluded.value`,
        executionId,
        key,
        jsonText(value, `checkpoint ${key} of ${executionId}`),
      )
    })
  }

  removeCheckpoints(executionId: ExecutionId): Promise<void> {
    return this.#file.write((database) => {
      database.run('DELETE FROM checkpoints WHERE execution_id = ?', executionId)
    })
  }

  meta(key: string): Promise<string | undefined> {
    return this.#file.read((database) => {
      const row = database.get('SELECT value FROM meta WHERE key = ?', key)
      return row === undefined ? undefined : String(row.value)
    })
  }

  putMeta(key: string, value: string): Promise<void> {
    return this.#file.write((database) => {
      database.run(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        key,
        value,
      )
    })
  }
}

function executionOf(database: Database, id: ExecutionId): NodeExecutionRecord | undefined {
  const row = database.get('SELECT * FROM executions WHERE id = ?', id)
  return row === undefined ? undefined : nodeExecutionOfRow(row, database.path)
}

function lastReportSeqOf(database: Database): number {
  return Number(database.get('SELECT coalesce(max(seq), 0) AS last FROM reports')?.last)
}

function ackedReportSeqOf(database: Database): number {
  return Number(database.get(`SELECT value FROM counters WHERE name = 'acked_report'`)?.value)
}

function writeStep(database: Database, step: ComputeStep): void {
  switch (step.kind) {
    case 'executionAdded':
      addNodeExecution(database, step.record)
      return
    case 'executionChanged':
      changeNodeExecution(database, step.record)
      return
    case 'reportAppended':
      appendReport(database, step.report)
      return
    default:
      assertNever(step)
  }
}

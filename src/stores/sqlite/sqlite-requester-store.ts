import type { SQLInputValue } from 'node:sqlite'
import { EdgeError, ExecutionState, isExecutionOver } from '../../domain/index.ts'
import type {
  ExecutionId,
  ExecutionRecord,
  HistoryEntry,
  JobId,
  JobRecord,
  NodeId,
  NodeRecord,
} from '../../domain/index.ts'
import type {
  Committed,
  JobQuery,
  Log,
  OutboxMessage,
  RequesterCommit,
  RequesterStore,
} from '../../ports/index.ts'
import { applyNewJob, applyRequesterCommit, nodeToPut } from '../apply-requester-commit.ts'
import type { RequesterView } from '../apply-requester-commit.ts'
import type { Database, Row } from './database.ts'
import { OpenedDatabase } from './opened-database.ts'
import { executionOfRow, historyOfRow, jobOfRow, messageOfRow, nodeOfRow } from './requester-rows.ts'
import { requesterApplicationId, requesterMachines, requesterMigrations } from './requester-schema.ts'
import { putNode, writeRequesterStep } from './requester-writes.ts'

/** `path` is the database file, made with mode 0600 when it is not there; its directory has to be. */
export interface SqliteStoreInit {
  readonly path: string
  readonly log: Log
}

/** A requester store in one SQLite file. `start` throws `store_corrupt`, `data_dir_unusable` or `data_dir_locked`. */
export function createSqliteRequesterStore(init: SqliteStoreInit): RequesterStore {
  return new SqliteRequesterStore(init)
}

const liveStates = ExecutionState.options.filter((state) => !isExecutionOver(state))

class SqliteRequesterStore implements RequesterStore {
  readonly #file: OpenedDatabase

  constructor({ path, log }: SqliteStoreInit) {
    this.#file = new OpenedDatabase({
      path,
      log,
      applicationId: requesterApplicationId,
      migrations: requesterMigrations,
      machines: requesterMachines,
    })
  }

  start(): Promise<void> {
    return this.#file.start()
  }

  stop(): Promise<void> {
    return this.#file.stop()
  }

  createJob(
    record: JobRecord,
  ): Promise<{ record: JobRecord; created: boolean; history: readonly HistoryEntry[] }> {
    return this.#file.write((database) => {
      const key = record.idempotencyKey ?? null
      const same = database.get('SELECT * FROM jobs WHERE idempotency_key = ?', key)
      if (same !== undefined) return { record: jobOfRow(same, database.path), created: false, history: [] }
      const { steps, committed } = applyNewJob(viewOf(database), record)
      for (const step of steps) writeRequesterStep(database, step)
      const { jobs, history } = committed
      return { record: jobs[0] ?? record, created: true, history }
    })
  }

  job(id: JobId): Promise<JobRecord | undefined> {
    return this.#file.read((database) => viewOf(database).job(id))
  }

  jobsByPrefix(prefix: string): Promise<readonly JobRecord[]> {
    const sql = 'SELECT * FROM jobs WHERE id >= ? AND id < ? ORDER BY id LIMIT 3'
    return this.#rows(jobOfRow, sql, prefix, `${prefix}\u{10FFFF}`)
  }

  jobs(query: JobQuery = {}): Promise<readonly JobRecord[]> {
    return this.#file.read((database) => {
      const { sql, values } = jobsQuery(database, query)
      return database.all(sql, ...values).map((row) => jobOfRow(row, database.path))
    })
  }

  execution(id: ExecutionId): Promise<ExecutionRecord | undefined> {
    return this.#file.read((database) => viewOf(database).execution(id))
  }

  executionsOfJob(jobId: JobId): Promise<readonly ExecutionRecord[]> {
    return this.#rows(executionOfRow, 'SELECT * FROM executions WHERE job_id = ? ORDER BY seq', jobId)
  }

  liveExecutionsOfNode(nodeId: NodeId): Promise<readonly ExecutionRecord[]> {
    const marks = liveStates.map(() => '?').join(', ')
    const sql = `SELECT * FROM executions WHERE node_id = ? AND state IN (${marks}) ORDER BY seq`
    return this.#rows(executionOfRow, sql, nodeId, ...liveStates)
  }

  executionsInState(state: ExecutionState): Promise<readonly ExecutionRecord[]> {
    return this.#rows(executionOfRow, 'SELECT * FROM executions WHERE state = ? ORDER BY seq', state)
  }

  commit(commit: RequesterCommit): Promise<Committed> {
    return this.#file.write((database) => {
      const { steps, committed } = applyRequesterCommit(viewOf(database), commit)
      for (const step of steps) writeRequesterStep(database, step)
      return committed
    })
  }

  history(query: { jobId?: JobId; afterSeq?: number; limit?: number }): Promise<readonly HistoryEntry[]> {
    const { jobId, afterSeq = 0, limit = -1 } = query
    if (jobId === undefined) {
      return this.#rows(
        historyOfRow,
        'SELECT * FROM history WHERE seq > ? ORDER BY seq LIMIT ?',
        afterSeq,
        limit,
      )
    }
    const sql = 'SELECT * FROM history WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?'
    return this.#rows(historyOfRow, sql, jobId, afterSeq, limit)
  }

  outbox(nodeId: NodeId, limit: number): Promise<readonly OutboxMessage[]> {
    const sql = 'SELECT * FROM outbox WHERE node_id = ? ORDER BY seq LIMIT ?'
    return this.#rows(messageOfRow, sql, nodeId, limit)
  }

  node(id: NodeId): Promise<NodeRecord | undefined> {
    return this.#file.read((database) => viewOf(database).node(id))
  }

  nodes(): Promise<readonly NodeRecord[]> {
    return this.#rows(nodeOfRow, 'SELECT * FROM nodes ORDER BY seq')
  }

  putNode(record: NodeRecord): Promise<void> {
    return this.#file.write((database) => {
      putNode(database, nodeToPut(viewOf(database).node(record.id), record))
    })
  }

  removeNode(id: NodeId): Promise<void> {
    return this.#file.write((database) => {
      database.run('DELETE FROM nodes WHERE id = ?', id)
    })
  }

  #rows<T>(
    parse: (row: Row, path: string) => T,
    sql: string,
    ...values: readonly SQLInputValue[]
  ): Promise<readonly T[]> {
    return this.#file.read((database) => database.all(sql, ...values).map((row) => parse(row, database.path)))
  }
}

function viewOf(database: Database): RequesterView {
  const one = <T>(parse: (row: Row, path: string) => T, sql: string, id: string): T | undefined => {
    const row = database.get(sql, id)
    return row === undefined ? undefined : parse(row, database.path)
  }
  return {
    get counters() {
      const row = database.get(
        `SELECT (SELECT value FROM counters WHERE name = 'token') AS token,
                (SELECT value FROM counters WHERE name = 'message') AS message,
                (SELECT coalesce(max(seq), 0) FROM history) AS history`,
      )
      return {
        token: Number(row?.token),
        messageSeq: Number(row?.message),
        historySeq: Number(row?.history),
      }
    },
    job: (id) => one(jobOfRow, 'SELECT * FROM jobs WHERE id = ?', id),
    execution: (id) => one(executionOfRow, 'SELECT * FROM executions WHERE id = ?', id),
    node: (id) => one(nodeOfRow, 'SELECT * FROM nodes WHERE id = ?', id),
  }
}

function jobsQuery(
  database: Database,
  { states, labels, before, limit = -1 }: JobQuery,
): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  const conditions: { sql: string; values: readonly SQLInputValue[] }[] = []
  if (states !== undefined) {
    conditions.push({ sql: `state IN (${states.map(() => '?').join(', ')})`, values: states })
  }
  for (const label of Object.entries(labels ?? {})) {
    const sql = 'EXISTS (SELECT 1 FROM job_labels WHERE job_seq = jobs.seq AND key = ? AND value = ?)'
    conditions.push({ sql, values: label })
  }
  if (before !== undefined) {
    const row = database.get('SELECT created_at_ms, seq FROM jobs WHERE id = ?', before)
    if (row === undefined) throw new EdgeError('job_not_found', `jobs before ${before}: there is no such job`)
    conditions.push({
      sql: '(created_at_ms, seq) < (?, ?)',
      values: [Number(row.created_at_ms), Number(row.seq)],
    })
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  const sql = `SELECT * FROM jobs ${where} ORDER BY created_at_ms DESC, seq DESC LIMIT ?`
  return { sql, values: [...conditions.flatMap(({ values }) => values), limit] }
}

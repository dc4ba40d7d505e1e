import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { executionTransitions, jobTransitions, nodeExecutionTransitions } from '../../../src/domain/index.ts'
import type { StateTable } from '../../../src/domain/index.ts'
import { createSqliteComputeStore, createSqliteRequesterStore } from '../../../src/stores/index.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import {
  executionIdOf,
  jobIdOf,
  jobOf,
  nodeIdOf,
  nodeOf,
  specOf,
  startMs,
} from '../../support/store-records.ts'
import { tempDir } from '../../support/temp-dir.ts'

const log = new QuietLog()
const atMs = startMs

/** A second connection to a filled database, which obeys nothing but the file’s own rules. */
async function requesterFile(): Promise<DatabaseSync> {
  const path = join(await tempDir(), 'requester.db')
  const store = createSqliteRequesterStore({ path, log })
  await store.start()
  await store.createJob(jobOf(1))
  await store.putNode(nodeOf(1, { ackedReportSeq: 5 }))
  await store.commit({
    atMs,
    newExecutions: [
      { id: executionIdOf(1), jobId: jobIdOf(1), nodeId: nodeIdOf(1), nodeName: 'node-1', attempt: 1 },
    ],
    messages: [{ nodeId: nodeIdOf(1), executionId: executionIdOf(1), kind: 'offer' }],
  })
  await store.stop()
  return reopened(path)
}

async function computeFile(): Promise<DatabaseSync> {
  const path = join(await tempDir(), 'compute.db')
  const store = createSqliteComputeStore({ path, log })
  await store.start()
  const ids = { id: executionIdOf(1), jobId: jobIdOf(1), token: 5 }
  await store.commit({
    atMs,
    newExecutions: [{ ...ids, spec: specOf() }],
    reports: [{ executionId: ids.id, jobId: ids.jobId, token: 5, state: 'Accepted', atMs }],
  })
  await store.ackReports(1)
  await store.stop()
  return reopened(path)
}

function reopened(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  onTestFinished(() => {
    database.close()
  })
  return database
}

/** Runs every way there could be from every state, undoing it; the allowed ones are those of the domain’s table. */
function waysOf(database: DatabaseSync, table: string, transitions: StateTable<string>): StateTable<string> {
  const states = Object.keys(transitions)
  const isAllowed = (from: string, to: string): boolean => {
    database.exec('BEGIN')
    try {
      database.exec(`DROP TRIGGER ${table}_way`)
      database.exec(`UPDATE ${table} SET state = '${from}', revision = revision + 1`)
      database.exec(wayTrigger)
      return database.prepare(`UPDATE ${table} SET state = ?, revision = revision + 1`).run(to).changes === 1
    } catch (error) {
      expect(error).toMatchObject({ message: expect.stringContaining('no such way') as string })
      return false
    } finally {
      database.exec('ROLLBACK')
    }
  }
  const wayTrigger = String(
    database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(`${table}_way`)?.sql,
  )
  return Object.fromEntries(
    states.map((from) => [from, states.filter((to) => to !== from && isAllowed(from, to))]),
  )
}

const sorted = (table: StateTable<string>) =>
  Object.fromEntries(Object.entries(table).map(([from, ways]) => [from, [...ways].sort()]))

describe('the requester’s file by itself', () => {
  it('allows exactly the ways of the state tables', async () => {
    const database = await requesterFile()
    expect(sorted(waysOf(database, 'jobs', jobTransitions))).toEqual(sorted(jobTransitions))
    expect(sorted(waysOf(database, 'executions', executionTransitions))).toEqual(sorted(executionTransitions))
  })

  it.each([
    [
      'leaves a state that is over',
      `UPDATE jobs SET state = 'Failed', revision = 1; UPDATE jobs SET state = 'Running', revision = 2`,
    ],
    ['keeps the revision', `UPDATE jobs SET state = 'Queued'`],
    ['skips a revision', `UPDATE executions SET state = 'AskForBid', revision = 2`],
    ['changes a token', `UPDATE executions SET token = 2, revision = 1`],
    ['changes a spec', `UPDATE jobs SET spec = '{}', revision = 1`],
    [
      'begins a job elsewhere',
      `INSERT INTO jobs SELECT 9, 'x', spec, 'Running', 0, NULL, NULL, 1, 1 FROM jobs`,
    ],
    ['changes history', `UPDATE history SET to_state = 'Failed'`],
    ['deletes history', 'DELETE FROM history'],
    [
      'leaves a gap in history',
      `INSERT INTO history SELECT 9, at_ms, job_id, NULL, NULL, entity, NULL, 'x', 0, NULL FROM history LIMIT 1`,
    ],
    ['changes a message', `UPDATE outbox SET kind = 'start'`],
    ['lowers the token counter', `UPDATE counters SET value = 0 WHERE name = 'token'`],
    ['deletes a counter', `DELETE FROM counters`],
    ['takes a report cursor back', `UPDATE nodes SET acked_report_seq = 4`],
    [
      'keeps an execution of no job',
      `PRAGMA foreign_keys = ON; INSERT INTO executions SELECT 9, 'x', 'no job', node_id, node_name, 1, 9, 'New', 0, NULL, NULL, NULL, NULL, 1, 1, NULL FROM executions`,
    ],
    ['keeps what is no JSON', `INSERT INTO jobs VALUES (9, 'x', 'no json', 'Pending', 0, NULL, NULL, 1, 1)`],
    [
      'keeps text for a number',
      `INSERT INTO jobs VALUES (9, 'x', '{}', 'Pending', 0, NULL, NULL, 'noon', 1)`,
    ],
  ])('refuses a writer that %s', async (_what, sql) => {
    const database = await requesterFile()
    expect(() => {
      database.exec(sql)
    }).toThrow(expect.objectContaining({ errcode: expect.any(Number) as number }))
  })

  it('takes the state tables of the program that opens it', async () => {
    const path = join(await tempDir(), 'requester.db')
    const store = createSqliteRequesterStore({ path, log })
    await store.start()
    await store.stop()
    const database = reopened(path)
    database.exec(
      `DELETE FROM state_transitions WHERE to_state = 'Queued'; INSERT INTO state_transitions VALUES ('jobs', 'Failed', 'Running')`,
    )
    await store.start()
    onTestFinished(() => store.stop())
    await store.createJob(jobOf(1))
    await store.commit({ atMs, jobs: [{ id: jobIdOf(1), expectedRevision: 0, to: 'Queued' }] })
    const kept = database
      .prepare(`SELECT count(*) AS ways FROM state_transitions WHERE from_state = 'Failed'`)
      .get()
    expect(kept?.ways).toBe(0)
  })
})

describe('the compute node’s file by itself', () => {
  it('allows exactly the ways of the state table', async () => {
    const database = await computeFile()
    expect(sorted(waysOf(database, 'executions', nodeExecutionTransitions))).toEqual(
      sorted(nodeExecutionTransitions),
    )
  })

  it.each([
    ['keeps the revision', `UPDATE executions SET state = 'Preparing'`],
    ['lowers the token', 'UPDATE executions SET token = 4, revision = 1'],
    ['changes a report', `UPDATE reports SET state = 'Failed'`],
    ['deletes a report', 'DELETE FROM reports'],
    [
      'leaves a gap in the reports',
      `INSERT INTO reports SELECT 9, execution_id, job_id, 1, state, 1, NULL, NULL, NULL, NULL FROM reports`,
    ],
    ['takes an acknowledgement back', 'UPDATE counters SET value = 0'],
  ])('refuses a writer that %s', async (_what, sql) => {
    const database = await computeFile()
    expect(() => {
      database.exec(sql)
    }).toThrow(expect.objectContaining({ errcode: 1811 }))
  })
})

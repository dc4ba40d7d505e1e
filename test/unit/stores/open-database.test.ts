import { chmodSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqliteComputeStore, createSqliteRequesterStore } from '../../../src/stores/index.ts'
import type { Database } from '../../../src/stores/sqlite/database.ts'
import { openDatabase } from '../../../src/stores/sqlite/open-database.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { jobIdOf, jobOf, nodeOf, startMs } from '../../support/store-records.ts'
import { tempDir } from '../../support/temp-dir.ts'

const log = new QuietLog()
const corrupt = { code: 'store_corrupt' }

async function newPath(): Promise<string> {
  return join(await tempDir(), 'requester.db')
}

/** A closed database with jobs in it. */
async function keptJobs(jobs = 50): Promise<string> {
  const path = await newPath()
  const store = createSqliteRequesterStore({ path, log })
  await store.start()
  for (let number = 1; number <= jobs; number++) await store.createJob(jobOf(number))
  await store.stop()
  return path
}

function edit(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

const start = (path: string): Promise<void> => {
  const store = createSqliteRequesterStore({ path, log })
  onTestFinished(() => store.stop())
  return store.start()
}

describe('a state database that is opened', () => {
  it('is readable by its owner only, its log too', async () => {
    const path = await newPath()
    const store = createSqliteRequesterStore({ path, log })
    await store.start()
    onTestFinished(() => store.stop())
    await store.createJob(jobOf(1))
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      expect((statSync(file).mode & 0o777).toString(8), file).toBe('600')
    }
  })

  it('is closed to others again when it was opened to them', async () => {
    const path = await keptJobs(1)
    chmodSync(path, 0o644)
    await start(path)
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  })

  it('has taken every pragma that the promises rest on', async () => {
    const path = await newPath()
    const database = openDatabase({ path, applicationId: 7, migrations: ['CREATE TABLE a (b) '], log })
    onTestFinished(() => {
      database.close()
    })
    const wanted = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      trusted_schema: 0,
      cell_size_check: 1,
      journal_size_limit: 67_108_864,
      wal_autocheckpoint: 1000,
      application_id: 7,
      user_version: 1,
    }
    for (const [name, value] of Object.entries(wanted)) {
      expect(Object.values(database.get(`PRAGMA ${name}`) ?? {})[0], name).toBe(value)
    }
    expect(Object.values(database.get('PRAGMA busy_timeout') ?? {})[0]).toBe(5000)
  })

  it('is migrated once, each version in its own transaction, and refuses to half-migrate', async () => {
    const path = await newPath()
    const first = 'CREATE TABLE one (a INTEGER) STRICT; INSERT INTO one VALUES (1);'
    const open = (...migrations: string[]): Database =>
      openDatabase({ path, applicationId: 7, migrations, log })
    open(first).close()
    open(first).close()
    expect(() => open(first, 'INSERT INTO one VALUES (2);', 'INSERT INTO one VALUES (3); NONSENSE;')).toThrow(
      /syntax error/,
    )
    const repaired = open(first, 'INSERT INTO one VALUES (2);', 'INSERT INTO one VALUES (3);')
    onTestFinished(() => {
      repaired.close()
    })
    expect(repaired.all('SELECT a FROM one ORDER BY rowid').map(({ a }) => a)).toEqual([1, 2, 3])
  })

  it('looks the same after being opened again', async () => {
    const path = await keptJobs(1)
    const schema = (): unknown => {
      const database = new DatabaseSync(path)
      const rows = database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
      const ways = database.prepare('SELECT * FROM state_transitions').all()
      database.close()
      return [rows, ways]
    }
    const before = schema()
    const store = createSqliteRequesterStore({ path, log })
    await store.start()
    await store.stop()
    expect(schema()).toStrictEqual(before)
  })
})

describe('a state database that is refused', () => {
  it('is no database', async () => {
    const path = await newPath()
    writeFileSync(path, 'once upon a time '.repeat(500))
    await expect(start(path)).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining(path) as string,
    })
    expect(readFileSync(path, 'utf8')).toBe('once upon a time '.repeat(500))
  })

  it('is of a newer version, which the message names', async () => {
    const path = await keptJobs(1)
    edit(path, 'PRAGMA user_version = 99')
    const before = readFileSync(path)
    await expect(start(path)).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringMatching(/schema version 99.*up to 2/) as string,
    })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('is another program’s, or the other daemon’s', async () => {
    const foreign = await newPath()
    edit(foreign, 'CREATE TABLE theirs (a)')
    await expect(start(foreign)).rejects.toMatchObject(corrupt)
    const path = await keptJobs(1)
    await expect(createSqliteComputeStore({ path, log }).start()).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining('another program') as string,
    })
  })

  it('is damaged in the middle', async () => {
    const path = await keptJobs(300)
    const bytes = readFileSync(path)
    const pageBytes = bytes.readUInt16BE(16)
    bytes.fill(0xa5, pageBytes * 20, pageBytes * 40)
    writeFileSync(path, bytes)
    await expect(start(path)).rejects.toMatchObject(corrupt)
  })

  it('is cut off', async () => {
    const path = await keptJobs(300)
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096)
    await expect(start(path)).rejects.toMatchObject(corrupt)
  })

  it('is gone or empty while its log is still there', async () => {
    const path = await newPath()
    const store = createSqliteRequesterStore({ path, log })
    await store.start()
    onTestFinished(() => store.stop())
    await store.createJob(jobOf(1))
    const copy = `${path}.copy`
    writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`))
    await expect(start(copy)).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining('missing') as string,
    })
    writeFileSync(copy, '')
    await expect(start(copy)).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining('empty') as string,
    })
    expect(statSync(`${copy}-wal`).size).toBeGreaterThan(0)
    rmSync(copy)
  })

  it('has a row that points to nothing', async () => {
    const path = await keptJobs(1)
    edit(path, `PRAGMA foreign_keys = OFF; INSERT INTO outbox VALUES (1, 'n', 'nothing', 'offer', NULL, 1)`)
    await expect(start(path)).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining('outbox') as string,
    })
  })

  it('lies where no file can be', async () => {
    const directory = await tempDir()
    await expect(start(directory)).rejects.toMatchObject({ code: 'data_dir_unusable' })
    await expect(start(join(directory, 'no', 'such.db'))).rejects.toMatchObject({ code: 'data_dir_unusable' })
  })
})

describe('a row that is not as it was written', () => {
  it('is an error that names it, not a record', async () => {
    const path = await keptJobs(3)
    edit(
      path,
      `DROP TRIGGER jobs_fixed; DROP TRIGGER jobs_revision; UPDATE jobs SET spec = '{"a":1}' WHERE seq = 2`,
    )
    const store = createSqliteRequesterStore({ path, log })
    await store.start()
    onTestFinished(() => store.stop())
    await expect(store.job(jobIdOf(2))).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining(jobIdOf(2)) as string,
    })
    await expect(
      store.commit({ atMs: startMs, jobs: [{ id: jobIdOf(2), expectedRevision: 0, to: 'Queued' }] }),
    ).rejects.toMatchObject(corrupt)
    expect(await store.job(jobIdOf(3))).toStrictEqual(jobOf(3))
    await store.putNode(nodeOf(1))
    expect(await store.nodes()).toHaveLength(1)
  })
})

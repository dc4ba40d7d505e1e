import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Database } from '../../../src/stores/sqlite/database.ts'
import { openDatabase } from '../../../src/stores/sqlite/open-database.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { tempDir } from '../../support/temp-dir.ts'

const migrations = ['CREATE TABLE notes (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT']

async function open(): Promise<Database> {
  const path = join(await tempDir(), 'notes.db')
  const database = openDatabase({ path, applicationId: 7, migrations, log: new QuietLog() })
  onTestFinished(() => {
    database.close()
  })
  return database
}

const add = (database: Database, text: string): number =>
  database.run('INSERT INTO notes (text) VALUES (?)', text)
const texts = (database: Database): unknown[] =>
  database.all('SELECT text FROM notes').map(({ text }) => text)

describe('a transaction', () => {
  it('keeps all of it when the work returns', async () => {
    const database = await open()
    const changed = database.transaction(() => add(database, 'one') + add(database, 'two'))
    expect(changed).toBe(2)
    expect(texts(database)).toEqual(['one', 'two'])
  })

  it('keeps nothing of it when the work throws, and the next one goes through', async () => {
    const database = await open()
    const failure = new Error('thought better of it')
    expect(() =>
      database.transaction(() => {
        add(database, 'one')
        throw failure
      }),
    ).toThrow(failure)
    expect(texts(database)).toEqual([])
    database.transaction(() => add(database, 'two'))
    expect(texts(database)).toEqual(['two'])
  })

  it('keeps nothing of it when a later statement of it is refused', async () => {
    const database = await open()
    expect(() => {
      database.transaction(() => {
        add(database, 'one')
        database.run('INSERT INTO notes (text) VALUES (NULL)')
      })
    }).toThrow(expect.objectContaining({ code: 'state_conflict' }))
    expect(texts(database)).toEqual([])
  })

  it('is refused while another process writes, after waiting for it', async () => {
    const database = await open()
    database.script('PRAGMA busy_timeout = 1')
    const other = new DatabaseSync(database.path)
    other.exec('BEGIN IMMEDIATE')
    expect(() => database.transaction(() => add(database, 'one'))).toThrow(
      expect.objectContaining({ code: 'data_dir_locked' }),
    )
    other.close()
    expect(database.transaction(() => add(database, 'two'))).toBe(1)
  })

  it('that finds the disk full is undone and named so, and there is no harm done when there is space again', async () => {
    const database = await open()
    database.transaction(() => add(database, 'one'))
    database.script('PRAGMA max_page_count = 4')
    expect(() => database.transaction(() => add(database, 'x'.repeat(100_000)))).toThrow(
      expect.objectContaining({ code: 'data_dir_unusable' }),
    )
    database.script('PRAGMA max_page_count = 1000000')
    database.transaction(() => add(database, 'two'))
    expect(texts(database)).toEqual(['one', 'two'])
  })
})

describe('a file that turns out damaged', () => {
  it('is not worked on any more, not even where it is whole', async () => {
    const database = await open()
    database.transaction(() => {
      for (let note = 0; note < 200; note++) add(database, 'x'.repeat(500))
    })
    const copy = `${database.path}.copy`
    database.run('VACUUM INTO ?', copy)
    const bytes = readFileSync(copy)
    const pageBytes = bytes.readUInt16BE(16)
    bytes.fill(0xa5, pageBytes * 10)
    writeFileSync(copy, bytes)
    const damaged = new Database(copy, new DatabaseSync(copy))
    onTestFinished(() => {
      damaged.close()
    })
    expect(damaged.get('SELECT text FROM notes WHERE seq = 1')).toBeDefined()
    const corrupt = expect.objectContaining({ code: 'store_corrupt' }) as Error
    expect(() => texts(damaged)).toThrow(corrupt)
    expect(() => damaged.get('SELECT text FROM notes WHERE seq = 1')).toThrow(corrupt)
    expect(() => damaged.transaction(() => add(damaged, 'one'))).toThrow(corrupt)
  })
})

import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../../ports/index.ts'
import { Database } from './database.ts'
import { prepareFile } from './prepare-file.ts'
import { corrupt, storeError } from './sqlite-errors.ts'

export interface DatabaseInit {
  readonly path: string
  /** Says in the file whose it is: PRAGMA application_id. */
  readonly applicationId: number
  /** Numbered from 1 by their place; each runs once, in one transaction. Never change one that was released. */
  readonly migrations: readonly string[]
  readonly log: Log
}

/** Up to this many bytes of file and log the whole file is checked at start, above only what `quick_check` looks at. */
const fullCheckBytes = 268_435_456

/**
 * Opens a state database, makes it when there is none, checks it and brings its schema up to date. Throws
 * `store_corrupt` (damaged, no database, another program’s, of a newer version; nothing was changed then),
 * `data_dir_unusable` and `data_dir_locked`.
 */
export function openDatabase(init: DatabaseInit): Database {
  const { path, log } = init
  const { bytes } = prepareFile(path, log)
  const connection = connect(path)
  const database = new Database(path, connection)
  try {
    database.script(readingPragmas)
    const version = checkedVersion(database, init)
    if (version > 0) checkIntegrity(database, bytes)
    database.script(writingPragmas)
    checkDurable(database)
    migrate(database, version, init)
    return database
  } catch (error) {
    connection.close()
    throw error
  }
}

const readingPragmas = `
PRAGMA busy_timeout = 5000;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA mmap_size = 0;
PRAGMA temp_store = MEMORY;
`

/** `fullfsync` is for macOS, whose fsync does not reach the disk; elsewhere it does nothing. */
const writingPragmas = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 67108864;
`

function connect(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { enableDoubleQuotedStringLiterals: false, allowExtension: false })
  } catch (error) {
    throw storeError(error, path)
  }
}

/** The schema version of the file, 0 for an empty one. Throws `store_corrupt` when it is not ours, or newer. */
function checkedVersion(database: Database, { path, applicationId, migrations }: DatabaseInit): number {
  const foundId = pragma(database, 'application_id')
  const version = Number(pragma(database, 'user_version'))
  const tables = Number(database.get('SELECT count(*) AS tables FROM sqlite_schema')?.tables)
  if (foundId === 0 && version === 0 && tables === 0) return 0
  if (foundId !== applicationId) {
    const hex = (id: unknown): string => `0x${Number(id).toString(16)}`
    throw corrupt(
      path,
      `is another program’s database (application id ${hex(foundId)}, not ${hex(applicationId)})`,
    )
  }
  if (version < 1) throw corrupt(path, `has the schema version ${version}, which no version ever wrote`)
  if (version > migrations.length) {
    throw corrupt(
      path,
      `has the schema version ${version}, but this program knows versions up to ${migrations.length}; run the newer program`,
    )
  }
  return version
}

function checkIntegrity(database: Database, bytes: number): void {
  const check = bytes < fullCheckBytes ? 'integrity_check' : 'quick_check'
  const found = database.all(`PRAGMA ${check}(10)`).map((row) => String(Object.values(row)[0]))
  if (found.length !== 1 || found[0] !== 'ok') {
    throw corrupt(database.path, `is damaged, ${check} found: ${found.join('; ')}`)
  }
  const [orphan] = database.all('PRAGMA foreign_key_check')
  if (orphan !== undefined) {
    const { table, parent } = orphan
    throw corrupt(
      database.path,
      `is damaged: a row of ${String(table)} points to nothing in ${String(parent)}`,
    )
  }
}

/** A promise that rests on a pragma is only made when the pragma took effect. */
function checkDurable(database: Database): void {
  const mode = pragma(database, 'journal_mode')
  const synchronous = pragma(database, 'synchronous')
  if (mode !== 'wal' || synchronous !== 2) {
    throw corrupt(
      database.path,
      `cannot be kept durable: journal_mode ${String(mode)}, synchronous ${String(synchronous)}`,
    )
  }
}

function migrate(
  database: Database,
  from: number,
  { applicationId, migrations, path, log }: DatabaseInit,
): void {
  for (const [index, sql] of migrations.entries()) {
    const version = index + 1
    if (version <= from) continue
    database.transaction(() => {
      database.script(sql)
      database.script(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version};`)
    })
    log.info({ path, version }, 'state database migrated')
  }
}

function pragma(database: Database, name: string): unknown {
  return Object.values(database.get(`PRAGMA ${name}`) ?? {})[0]
}

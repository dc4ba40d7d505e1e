import { EdgeError } from '../../domain/index.ts'
import type { Startable } from '../../ports/index.ts'
import { promised } from '../promised.ts'
import type { Database } from './database.ts'
import { openDatabase } from './open-database.ts'
import type { DatabaseInit } from './open-database.ts'
import { syncTransitions } from './state-machine-sql.ts'
import type { StoredMachine } from './state-machine-sql.ts'

export interface OpenedDatabaseInit extends DatabaseInit {
  readonly machines: readonly StoredMachine[]
}

/** A state database from start to stop. `read` and `write` throw `internal` when it is not started. */
export class OpenedDatabase implements Startable {
  readonly #init: OpenedDatabaseInit
  #database: Database | undefined

  constructor(init: OpenedDatabaseInit) {
    this.#init = init
  }

  start(): Promise<void> {
    return promised(() => {
      if (this.#database !== undefined) return
      const database = openDatabase(this.#init)
      try {
        syncTransitions(database, this.#init.machines)
      } catch (error) {
        database.close()
        throw error
      }
      this.#database = database
    })
  }

  stop(): Promise<void> {
    return promised(() => {
      const database = this.#database
      this.#database = undefined
      database?.close()
    })
  }

  /** Runs `work` at once, outside of any transaction. */
  read<T>(work: (database: Database) => T): Promise<T> {
    return promised(() => work(this.#opened()))
  }

  /** Runs `work` at once, in one transaction; resolves when it is on disk. */
  write<T>(work: (database: Database) => T): Promise<T> {
    return promised(() => {
      const database = this.#opened()
      return database.transaction(() => work(database))
    })
  }

  #opened(): Database {
    if (this.#database !== undefined) return this.#database
    throw new EdgeError('internal', `the store ${this.#init.path} was used while it is not started`)
  }
}

import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { isFatal, storeError } from './sqlite-errors.ts'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** Far above the number of different statements there are; a bound for those that are put together. */
const maxStatements = 256

/**
 * One open SQLite file: prepared statements and transactions, all synchronous, so that nothing comes between the
 * statements of a transaction. Throws EdgeErrors that name the file.
 */
export class Database {
  readonly path: string
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #brokenBy: unknown

  constructor(path: string, connection: DatabaseSync) {
    this.path = path
    this.#connection = connection
  }

  /** All rows. */
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#guarded(() => this.#statement(sql).all(...values))
  }

  /** The first row. */
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#statement(sql).get(...values))
  }

  /** Runs one statement; returns how many rows it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes))
  }

  /** Runs a script of any number of statements. */
  script(sql: string): void {
    this.#guarded(() => {
      this.#connection.exec(sql)
    })
  }

  /**
   * Runs `work` in one BEGIN IMMEDIATE transaction: when this returns, all of it is on disk (one fsync); when it throws,
   * nothing of it is kept. After an I/O error or damage the state of the disk is unknown: every later call throws.
   */
  transaction<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.run('COMMIT')
      return result
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  /** Writes the log back into the file and closes it. */
  close(): void {
    this.#statements.clear()
    this.#connection.close()
  }

  #rollback(): void {
    // Some errors (disk full, I/O) end the transaction by themselves.
    if (!this.#connection.isTransaction) return
    try {
      this.#connection.exec('ROLLBACK')
    } catch (error) {
      // What made the transaction fail is told to the caller of it; this to every later one.
      this.#brokenBy = error
    }
  }

  #guarded<T>(work: () => T): T {
    if (this.#brokenBy !== undefined) throw storeError(this.#brokenBy, this.path)
    try {
      return work()
    } catch (error) {
      if (isFatal(error)) this.#brokenBy = error
      throw storeError(error, this.path)
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= maxStatements) this.#statements.clear()
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

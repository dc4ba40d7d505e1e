import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { ErrorCode } from '../../domain/index.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html) that are not a bug of ours. */
const codeOfResult = new Map<number, ErrorCode>([
  [3, 'data_dir_unusable'], // SQLITE_PERM
  [5, 'data_dir_locked'], // SQLITE_BUSY
  [6, 'data_dir_locked'], // SQLITE_LOCKED
  [8, 'data_dir_unusable'], // SQLITE_READONLY
  [10, 'data_dir_unusable'], // SQLITE_IOERR
  [11, 'store_corrupt'], // SQLITE_CORRUPT
  [13, 'data_dir_unusable'], // SQLITE_FULL
  [14, 'data_dir_unusable'], // SQLITE_CANTOPEN
  [19, 'state_conflict'], // SQLITE_CONSTRAINT: the triggers and keys of our own schema
  [23, 'data_dir_unusable'], // SQLITE_AUTH
  [26, 'store_corrupt'], // SQLITE_NOTADB
])

/** SQLite’s primary result code of a thrown value, undefined when SQLite did not throw it. */
export function sqliteResult(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined
}

/** What SQLite threw as an EdgeError that names the file; an EdgeError as it is. */
export function storeError(thrown: unknown, path: string): EdgeError {
  if (isEdgeError(thrown)) return thrown
  const result = sqliteResult(thrown)
  if (result === undefined) return EdgeError.from(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new EdgeError(codeOfResult.get(result) ?? 'internal', `${path}: SQLite says: ${message}`, {
    details: { path, result },
    cause: thrown,
  })
}

/** True when after this nobody knows what is on the disk (failed fsync, damage): nothing more may be written. */
export function isFatal(thrown: unknown): boolean {
  const result = sqliteResult(thrown)
  return result === 10 || result === 11 || result === 26
}

export function corrupt(path: string, message: string, cause?: unknown): EdgeError {
  return new EdgeError('store_corrupt', `${path}: ${message}`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  })
}

import { chmodSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { Log } from '../../ports/index.ts'
import { corrupt } from './sqlite-errors.ts'

/**
 * Makes sure that the database file is there, a file and readable by its owner only (SQLite gives its log the same
 * mode). Returns the bytes of file and log. Throws `data_dir_unusable`; `store_corrupt` when the log is there without
 * its file, which SQLite would take for new and throw the log away.
 */
export function prepareFile(path: string, log: Log): { readonly bytes: number } {
  try {
    const walBytes = sizeOf(`${path}-wal`)
    const found = statSync(path, { throwIfNoEntry: false })
    if ((found?.size ?? 0) === 0 && walBytes > 0) {
      const what = found === undefined ? 'missing' : 'empty'
      throw corrupt(path, `is ${what}, but its log ${path}-wal holds ${walBytes} bytes of it`)
    }
    if (found === undefined) {
      create(path)
      return { bytes: 0 }
    }
    if (!found.isFile()) throw new EdgeError('data_dir_unusable', `${path} is no file`, { details: { path } })
    if ((found.mode & 0o077) !== 0) {
      chmodSync(path, 0o600)
      log.warn(
        { path, mode: (found.mode & 0o777).toString(8) },
        'state database was open to others, closed it',
      )
    }
    return { bytes: found.size + walBytes }
  } catch (error) {
    if (error instanceof EdgeError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new EdgeError('data_dir_unusable', `cannot use the state database ${path}: ${message}`, {
      details: { path },
      cause: error,
    })
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function create(path: string): void {
  const file = openSync(path, 'wx', 0o600)
  fsyncSync(file)
  closeSync(file)
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

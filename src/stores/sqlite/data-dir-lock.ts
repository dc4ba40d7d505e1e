import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EdgeError } from '../../domain/index.ts'
import { promised } from '../promised.ts'
import { sqliteResult } from './sqlite-errors.ts'

/** The data directory is this process’s own until `release`, which may be called again, or until the process is gone. */
export interface DataDirLock {
  release(): void
}

/**
 * Takes the data directory for this process, making it with mode 0700 when it is not there. The lock is the operating
 * system’s: it is gone when the process is, however that ends. Throws `data_dir_locked` naming the holder when that is
 * known, `data_dir_unusable` when the directory cannot be made or written, is another user’s or writable by others.
 * Keep what it returns: the lock goes with it.
 */
export function lockDataDir(directory: string): Promise<DataDirLock> {
  return promised(() => {
    checkDirectory(directory)
    const lock = takeLock(directory)
    const pidFile = pidFileOf(directory)
    try {
      writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
    } catch (error) {
      lock.close()
      throw unusable(directory, 'cannot be written', error)
    }
    return {
      release: () => {
        if (!lock.isOpen) return
        rmSync(pidFile, { force: true })
        lock.close()
      },
    }
  })
}

// Beside the lock file, not in it: closing any other descriptor of the lock file would drop a POSIX lock.
const pidFileOf = (directory: string): string => join(directory, 'edge.pid')

function checkDirectory(directory: string): void {
  try {
    makeDirectory(directory)
    const found = statSync(directory)
    if (!found.isDirectory()) throw unusable(directory, 'is no directory')
    const { uid, mode } = found
    const self = process.getuid?.()
    if (self !== undefined && uid !== self) {
      throw unusable(directory, `belongs to user ${uid}, this process runs as user ${self}`)
    }
    if (self !== undefined && (mode & 0o022) !== 0) {
      throw unusable(
        directory,
        `can be written by other users (mode ${(mode & 0o777).toString(8)}); chmod 700 it`,
      )
    }
  } catch (error) {
    if (error instanceof EdgeError) throw error
    throw unusable(directory, 'cannot be made or read', error)
  }
}

/** Makes it and what is missing above it. Not Node’s `recursive`, which never ends where nothing can be made (/proc). */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, 0o700)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    const parent = dirname(directory)
    if (codeOf(error) !== 'ENOENT' || parent === directory) throw error
    makeDirectory(parent)
    mkdirSync(directory, 0o700)
  }
}

/** An exclusive transaction of SQLite on a file of its own, never committed: locks as SQLite does on every system. */
function takeLock(directory: string): DatabaseSync {
  const path = join(directory, 'edge.lock')
  let database: DatabaseSync | undefined
  try {
    createPrivate(path)
    database = new DatabaseSync(path)
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    const result = sqliteResult(error)
    if (result === 5 || result === 6) throw locked(directory)
    throw unusable(directory, 'cannot be locked', error)
  }
}

function createPrivate(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

function locked(directory: string): EdgeError {
  const pid = livingHolder(directory)
  const holder = pid === undefined ? 'another edge process' : `the edge process with pid ${pid}`
  return new EdgeError('data_dir_locked', `the data directory ${directory} is in use by ${holder}`, {
    details: { directory, ...(pid === undefined ? {} : { pid }) },
  })
}

/** The pid that the holder wrote; undefined when it has not yet, or when what is written is of a process that is gone. */
function livingHolder(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFileOf(directory), 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(directory, 'is in use, and who uses it cannot be read', error)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function unusable(directory: string, found: string, cause?: unknown): EdgeError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new EdgeError('data_dir_unusable', `the data directory ${directory} ${found}${why}`, {
    details: { directory },
    ...(cause === undefined ? {} : { cause }),
  })
}

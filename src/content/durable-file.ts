import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EdgeError } from '../domain/index.ts'

/** Opens a regular file for reading and nothing else: no symlink is followed, no FIFO waited for. Throws `result_refused`, `path_missing`. */
export async function openRegular(path: string): Promise<FileHandle> {
  // O_NONBLOCK: opening a FIFO would wait for a writer, for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    throw pathError(error, path)
  })
  try {
    if (!(await file.stat()).isFile()) throw new EdgeError('result_refused', `${path} is no regular file`)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What a failed file call means in our terms; what has no term of ours stays as it is. */
export function pathError(error: unknown, path: string): unknown {
  switch (errnoOf(error) ?? '') {
    case 'ENOENT':
    case 'ENOTDIR':
      return new EdgeError('path_missing', `${path} does not exist`, { cause: error })
    case 'ELOOP':
      return new EdgeError('result_refused', `${path} is a symlink`, { cause: error })
    case 'ENXIO':
      return new EdgeError('result_refused', `${path} is no regular file`, { cause: error })
    default:
      return error
  }
}

/** The system’s name of an error (ENOENT, ...); undefined for what is no system error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Reads `length` bytes at `offset`; fewer where the file ends. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled === length ? buffer : buffer.subarray(0, filled)
}

/** Puts a whole file in place or leaves what was there; resolves when it is on disk. `scratch` is on the same file system. */
export async function writeDurably(
  path: string,
  content: Uint8Array | string,
  scratch = dirname(path),
): Promise<void> {
  const temporary = join(scratch, `.tmp-${randomBytes(8).toString('hex')}`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

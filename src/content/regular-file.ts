import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { EdgeError } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'

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

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { errnoOf } from '../../utils/errno.ts'

/** Opens a file that somebody else left; undefined for links, pipes and the like, and for what is gone. */
export async function openLeftFile(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (['ELOOP', 'ENOENT', 'ENOTDIR', 'EACCES', 'ENXIO', 'ENAMETOOLONG'].includes(errnoOf(error) ?? ''))
      return undefined
    throw error
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  return undefined
}

/** The text of such a file; a sentence that says why not where it is too long or none. */
export async function readLeftFile(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  const file = await openLeftFile(path)
  if (file === undefined) return { problem: 'is a link or no file, and is not read' }
  try {
    const buffer = Buffer.alloc(Math.min(maxBytes + 1, (await file.stat()).size + 1))
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    if (length > maxBytes) return { problem: `is longer than ${maxBytes} bytes, and is not read` }
    return { text: buffer.toString('utf8', 0, length) }
  } finally {
    await file.close()
  }
}

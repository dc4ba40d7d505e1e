import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * A file that is there whole or not at all: `write` makes it under another name in the same folder, then it is put on
 * disk and renamed. What `write` left is removed when it throws. Gives the file's size.
 */
export async function writeWhole(output: string, write: (partial: string) => Promise<void>): Promise<number> {
  const target = resolve(output)
  const folder = dirname(target)
  const partial = join(folder, `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}.part`)
  try {
    // made here and not by ffmpeg: exclusive, so that nothing that lies there is written through
    await (await open(partial, 'wx', 0o644)).close()
    await write(partial)
    const file = await open(partial, 'r+')
    try {
      await file.sync()
      const { size } = await file.stat()
      await rename(partial, target)
      await syncFolder(folder)
      return size
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

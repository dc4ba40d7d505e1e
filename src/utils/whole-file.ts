import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface WholeFileOptions {
  /** Default: 0644. */
  readonly mode?: number
  /** Folder of the partial file, on the same file system; default: the file’s own. */
  readonly scratch?: string
  /** Name of the partial file; what a killed writer left under it is taken away. Default: a new name each time. */
  readonly partialName?: string
  /** Reject with EEXIST when the file is there already. */
  readonly exclusive?: boolean
}

/**
 * A file that is there whole or not at all: `write` fills a partial file, which is then put on disk and renamed. What
 * `write` left is removed when it throws. Resolves with the size, when file and name are durable.
 */
export async function writeWhole(
  path: string,
  write: (partial: string) => Promise<void>,
  options: WholeFileOptions = {},
): Promise<number> {
  const { mode = 0o644, scratch = dirname(path), partialName, exclusive = false } = options
  const partial = join(
    scratch,
    partialName ?? `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.part`,
  )
  if (partialName !== undefined) await rm(partial, { force: true })
  try {
    // Made here and not by the writer: exclusive, so that nothing that lies there is written through.
    await (await open(partial, 'wx', mode)).close()
    await write(partial)
    const size = await sync(partial)
    await (exclusive ? link(partial, path) : rename(partial, path))
    await syncFolder(dirname(path))
    return size
  } finally {
    await rm(partial, { force: true })
  }
}

/** `writeWhole` for content that is at hand. */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  options?: WholeFileOptions,
): Promise<void> {
  await writeWhole(path, (partial) => writeFile(partial, content), options)
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

async function sync(path: string): Promise<number> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

import { chmod, lstat, opendir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../../utils/errno.ts'

interface Entry {
  readonly path: string
  readonly bytes: number
  readonly heldBytes: number
  readonly changedMs: number
}

/** More entries than this count as too much, whatever their size. */
export const entryLimit = 100_000

export interface Measured {
  readonly files: number
  /** What files take on the disk or pretend to hold, whichever is more. */
  readonly bytes: number
  /** What they hold. */
  readonly heldBytes: number
}

/** What lies in folders or is a file itself. Links are not followed. Stops counting beyond `limit` files. */
export async function measureFolders(paths: readonly string[], limit = entryLimit): Promise<Measured> {
  let [files, bytes, heldBytes] = [0, 0, 0]
  for (const path of paths) {
    for await (const entry of entriesBelow(path)) {
      files++
      bytes += entry.bytes
      heldBytes += entry.heldBytes
      if (files > limit) return { files, bytes, heldBytes }
    }
  }
  return { files, bytes, heldBytes }
}

/** Removes the youngest files until what is left is within the limit; says how many went. */
export async function trimFolders(folders: readonly string[], limitBytes: number): Promise<number> {
  const entries: Entry[] = []
  for (const folder of folders) for await (const entry of entriesBelow(folder)) entries.push(entry)
  entries.sort((a, b) => a.changedMs - b.changedMs)
  let kept = 0
  let removed = 0
  for (const [index, { path, bytes }] of entries.entries()) {
    if (kept + bytes <= limitBytes && index < entryLimit) {
      kept += bytes
      continue
    }
    await unlink(path)
    removed++
  }
  return removed
}

/** Makes sure that the node can read and remove everything; a container may leave folders that nobody can open. */
export async function openFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await openFolder(folder)
}

async function openFolder(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openFolder(path)
    else if (entry.isFile()) await chmod(path, 0o600)
  }
}

async function* entriesBelow(path: string): AsyncGenerator<Entry> {
  const found = await lstat(path).catch(gone)
  if (found === undefined) return
  if (!found.isDirectory()) {
    const [heldBytes, takenBytes] = found.isFile() ? [found.size, found.blocks * 512] : [0, 0]
    yield { path, bytes: Math.max(heldBytes, takenBytes), heldBytes, changedMs: found.mtimeMs }
    return
  }
  const directory = await opendir(path).catch(gone)
  if (directory === undefined) return
  for await (const { name } of directory) yield* entriesBelow(join(path, name))
}

/** While the container runs, what was there a moment ago may be gone, or be something else. */
function gone(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}

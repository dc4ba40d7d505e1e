import { chmod, lstat, opendir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../../utils/errno.ts'

interface Entry {
  readonly path: string
  readonly bytes: number
  readonly changedMs: number
}

/** More entries than this count as too much, whatever their size. */
export const entryLimit = 100_000

/** What lies in folders: a file counts as what it takes or as what it pretends to hold, whichever is more. Links are not followed. */
export async function measureFolders(
  folders: readonly string[],
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0
  let bytes = 0
  for (const folder of folders) {
    for await (const entry of entriesBelow(folder)) {
      files++
      bytes += entry.bytes
      if (files > entryLimit) return { files, bytes }
    }
  }
  return { files, bytes }
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

async function* entriesBelow(folder: string): AsyncGenerator<Entry> {
  const directory = await opendir(folder).catch(gone)
  if (directory === undefined) return
  for await (const { name } of directory) {
    const path = join(folder, name)
    const found = await lstat(path).catch(gone)
    if (found === undefined) continue
    if (found.isDirectory()) yield* entriesBelow(path)
    else {
      const isRegular = found.isFile()
      const bytes = isRegular ? Math.max(found.size, found.blocks * 512) : 0
      yield { path, bytes, changedMs: found.mtimeMs }
    }
  }
}

/** While the container runs, what was there a moment ago may be gone, or be something else. */
function gone(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}

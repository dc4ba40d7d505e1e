import { chmod, lstat, rmdir, unlink } from 'node:fs/promises'
import { errnoOf } from '../../utils/errno.ts'
import { isTooDeep, rawEntries, removeWhole, type RawEntry } from '../../utils/raw-tree.ts'

interface Entry {
  readonly path: Buffer
  readonly isFolder: boolean
  readonly bytes: number
  readonly heldBytes: number
  readonly changedMs: number
  readonly isTooDeep?: boolean
}

/** More files or more folders than this count as too much, whatever their size. */
export const entryLimit = 100_000

export interface Measured {
  readonly files: number
  readonly folders: number
  /** What files take on the disk or pretend to hold, whichever is more. */
  readonly bytes: number
  /** What they hold. */
  readonly heldBytes: number
  /** Some lies so deep that it was not counted. */
  readonly isTooDeep: boolean
}

/** What lies in folders or is a file itself. Links are not followed. Stops counting beyond `limit` files or folders. */
export async function measureFolders(paths: readonly string[], limit = entryLimit): Promise<Measured> {
  const sum = { files: 0, folders: 0, bytes: 0, heldBytes: 0, isTooDeep: false }
  for (const path of paths) {
    for await (const entry of entriesBelow(Buffer.from(path))) {
      if (entry.isFolder) sum.folders++
      else sum.files++
      sum.bytes += entry.bytes
      sum.heldBytes += entry.heldBytes
      sum.isTooDeep ||= entry.isTooDeep === true
      if (sum.files > limit || sum.folders > limit) return sum
    }
  }
  return sum
}

/** Removes the youngest files until what is left is within the limits, and empty folders when they are too many; says how many files went. */
export async function trimFolders(folders: readonly string[], limitBytes: number): Promise<number> {
  const files: Entry[] = []
  const held: Entry[] = []
  for (const folder of folders)
    for await (const entry of entriesBelow(Buffer.from(folder))) (entry.isFolder ? held : files).push(entry)
  files.sort((a, b) => a.changedMs - b.changedMs)
  let kept = 0
  let removed = 0
  for (const [index, { path, bytes }] of files.entries()) {
    if (kept + bytes <= limitBytes && index < entryLimit) {
      kept += bytes
      continue
    }
    await unlink(path)
    removed++
  }
  // Those within come after the folder that they are in.
  if (held.length > entryLimit) for (const { path } of held.reverse()) await rmdir(path).catch(notEmpty)
  return removed
}

/**
 * Makes sure that the node can read and remove everything: a container may leave folders that nobody can open. What lies
 * too deep for any path is removed; says how many folders that were. `spare` is a folder on the same disk.
 */
export async function openFolders(folders: readonly string[], spare: string): Promise<number> {
  let removed = 0
  for (const folder of folders) {
    const beyond: RawEntry[] = []
    await openFolder(Buffer.from(folder), 0, beyond)
    for (const entry of beyond) await removeWhole(entry, spare)
    removed += beyond.length
  }
  return removed
}

async function openFolder(folder: Buffer, depth: number, beyond: RawEntry[]): Promise<void> {
  await chmod(folder, 0o700)
  for await (const entry of rawEntries(folder)) {
    if (entry.kind === 'file') await chmod(entry.path, 0o600)
    if (entry.kind !== 'folder') continue
    if (isTooDeep(entry.path, depth + 1)) beyond.push(entry)
    else await openFolder(entry.path, depth + 1, beyond)
  }
}

/** Folders before what is in them; the one that is asked for does not count. */
async function* entriesBelow(path: Buffer, depth = 0): AsyncGenerator<Entry> {
  const found = await lstat(path).catch(gone)
  if (found === undefined) return
  const changedMs = found.mtimeMs
  if (!found.isDirectory()) {
    const [heldBytes, takenBytes] = found.isFile() ? [found.size, found.blocks * 512] : [0, 0]
    yield { path, isFolder: false, bytes: Math.max(heldBytes, takenBytes), heldBytes, changedMs }
    return
  }
  const isDeep = isTooDeep(path, depth)
  if (depth > 0) yield { path, isFolder: true, bytes: 0, heldBytes: 0, changedMs, isTooDeep: isDeep }
  if (isDeep) return
  try {
    for await (const entry of rawEntries(path)) yield* entriesBelow(entry.path, depth + 1)
  } catch (error) {
    gone(error)
  }
}

/** While the container runs, what was there a moment ago may be gone, or be something else. */
function gone(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}

function notEmpty(error: unknown): undefined {
  if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}

import { randomUUID } from 'node:crypto'
import type { Dir, Dirent } from 'node:fs'
import { chmod, opendir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Something in a folder, by the bytes of its name: programs may leave names that are no text. */
export interface RawEntry {
  readonly name: Buffer
  readonly path: Buffer
  readonly kind: 'file' | 'folder' | 'special'
}

/** The entries of a folder in no order, never followed where they are links. */
export async function* rawEntries(folder: Buffer): AsyncGenerator<RawEntry> {
  // The types of Node leave out that names can be had as they are.
  const open = opendir as unknown as (path: Buffer, options: { encoding: 'buffer' }) => Promise<Dir>
  for await (const entry of await open(folder, { encoding: 'buffer' })) {
    const { name } = entry as unknown as Dirent<Buffer>
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'special'
    yield { name, path: Buffer.concat([folder, slash, name]), kind }
  }
}

const slash = Buffer.from('/')
/** The system takes paths of 4096 bytes, and a name has up to 255. */
const longestFolder = 3500
const deepest = 64

/** Whether what is in this folder may lie too deep to be reached by its path; `depth` below where a walk began. */
export function isTooDeep(folder: Buffer, depth: number): boolean {
  return depth > deepest || folder.length > longestFolder
}

/**
 * Removes what lies there, however deep it goes: the parts that paths do not reach are moved up to `spare` first, a folder
 * on the same file system. Nobody else may be working in it.
 */
export async function removeWhole(
  { path, kind }: Pick<RawEntry, 'path' | 'kind'>,
  spare: string,
): Promise<void> {
  if (kind !== 'folder') {
    await unlink(path)
    return
  }
  const moved: string[] = []
  for (let waiting: readonly Buffer[] = [path]; waiting.length > 0;) {
    const deeper: Buffer[] = []
    for (const folder of waiting) {
      const place = join(spare, randomUUID())
      await chmod(folder, 0o700)
      await rename(folder, place)
      moved.push(place)
      for await (const each of tooDeepBelow(Buffer.from(place), 0)) deeper.push(each)
    }
    waiting = deeper
  }
  for (const place of moved) await rm(place, { recursive: true, force: true })
}

async function* tooDeepBelow(folder: Buffer, depth: number): AsyncGenerator<Buffer> {
  await chmod(folder, 0o700)
  for await (const { path, kind } of rawEntries(folder)) {
    if (kind !== 'folder') continue
    if (isTooDeep(path, depth + 1)) yield path
    else yield* tooDeepBelow(path, depth + 1)
  }
}

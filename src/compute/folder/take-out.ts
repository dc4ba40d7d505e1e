import { mkdir } from 'node:fs/promises'
import { nameProblem, resultLimits, sameNameKey } from '../../domain/index.ts'
import { rawEntries, removeWhole, type RawEntry } from '../../utils/raw-tree.ts'

/** What was taken out of a result; `path` is relative to it. */
export interface TakenOut {
  readonly path: string
  readonly why: string
}

/** For what is written into the result after this. */
const spareEntries = 16

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Removes what no result can hold, so that every result can be published: links and special files, names that another
 * machine could not have, folders that lie too deep, and what is beyond the number of entries, the deepest first. `spare` is
 * a folder on the same disk.
 */
export async function takeOutUnpublishable(directory: string, spare: string): Promise<readonly TakenOut[]> {
  const taken: TakenOut[] = []
  const { maxDepth, maxEntries } = resultLimits
  let kept = 0
  let level: readonly Buffer[] = [Buffer.from(directory)]
  await mkdir(spare, { recursive: true, mode: 0o700 })
  for (let depth = 1; level.length > 0; depth++) {
    const below: Buffer[] = []
    for (const folder of level) {
      const keys = new Set<string>()
      for (const entry of await sorted(folder)) {
        const isBeyond = entry.kind === 'folder' && depth > maxDepth
        const why =
          problemOf(entry, keys) ??
          (isBeyond ? `is deeper than ${maxDepth} folders` : undefined) ??
          (kept >= maxEntries - spareEntries
            ? `is beyond the ${maxEntries} files and folders of a result`
            : undefined)
        if (why === undefined) {
          kept++
          if (entry.kind === 'folder') below.push(entry.path)
          continue
        }
        await removeWhole(entry, spare)
        taken.push({ path: entry.path.subarray(Buffer.byteLength(directory) + 1).toString(), why })
      }
    }
    level = below
  }
  return taken
}

async function sorted(folder: Buffer): Promise<readonly RawEntry[]> {
  const entries: RawEntry[] = []
  for await (const entry of rawEntries(folder)) entries.push(entry)
  return entries.sort((a, b) => Buffer.compare(a.name, b.name))
}

/** `keys` are those of the names before it in the folder. */
function problemOf({ name, kind }: RawEntry, keys: Set<string>): string | undefined {
  if (kind === 'special') return 'is a link or special file'
  let decoded: string
  try {
    decoded = text.decode(name)
  } catch {
    // Bytes that are no UTF-8 have no name that could be told to another machine.
    return 'has a name that is not UTF-8'
  }
  const problem = nameProblem(decoded)
  if (problem !== undefined) return `cannot be in a result (${problem})`
  const key = sameNameKey(decoded)
  if (keys.has(key)) return 'has the name of another file on some file systems'
  keys.add(key)
  return undefined
}

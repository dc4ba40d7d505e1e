import { readFile, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { errnoOf } from '../../utils/errno.ts'

/** What is written beside the content of an input. */
export const EntryNote = z.object({
  format: z.literal('edge/input/v1'),
  what: z.string().max(8192),
  files: z.int().min(0),
  bytes: z.int().min(0),
})
export type EntryNote = z.infer<typeof EntryNote>

/** A fetched input. `content` is its folder. */
export interface CacheEntry extends EntryNote {
  readonly key: string
  readonly folder: string
  readonly content: string
  /** Wall time of the last use. */
  readonly usedAtMs: number
}

const noteName = 'entry.json'
const keyShape = /^[0-9a-f]{64}$/

export const notePath = (folder: string): string => join(folder, noteName)
export const contentPath = (folder: string): string => join(folder, 'content')

/** Reads the entries of a folder; what is none is removed. The time of use is that of the note. */
export async function readEntries(directory: string): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = []
  for (const key of await readdir(directory)) {
    const folder = join(directory, key)
    const entry = keyShape.test(key) ? await readEntry(key, folder) : undefined
    if (entry === undefined) await rm(folder, { recursive: true, force: true })
    else entries.push(entry)
  }
  return entries
}

/** What a cache’s folder holds, read beside a node that may be using it: nothing is changed. */
export async function cacheUsage(
  directory: string,
): Promise<{ readonly inputs: number; readonly bytes: number }> {
  const kept = join(directory, 'entries')
  const keys = await readdir(kept).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(keys.map((key) => readEntry(key, join(kept, key))))
  const entries = found.filter((entry) => entry !== undefined)
  return { inputs: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) }
}

async function readEntry(key: string, folder: string): Promise<CacheEntry | undefined> {
  try {
    const note = EntryNote.safeParse(JSON.parse(await readFile(notePath(folder), 'utf8')))
    if (!note.success || !(await stat(contentPath(folder))).isDirectory()) return undefined
    const { mtimeMs } = await stat(notePath(folder))
    return { ...note.data, key, folder, content: contentPath(folder), usedAtMs: mtimeMs }
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')
      return undefined
    throw error
  }
}

/** Notes the time of use where the next start finds it. */
export async function touch(entry: CacheEntry, atMs: number): Promise<CacheEntry> {
  await utimes(notePath(entry.folder), atMs / 1000, atMs / 1000)
  return { ...entry, usedAtMs: atMs }
}

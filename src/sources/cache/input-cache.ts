import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { Abortable, Clock, Log, Startable } from '../../ports/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { replaceFile, syncFolder } from '../../utils/whole-file.ts'
import { contentPath, notePath, readEntries, touch, type CacheEntry, type EntryNote } from './cache-entry.ts'
import { isFolderThere, isInUse, layOut, sealTree } from './cached-tree.ts'
import { Flights } from './flights.ts'
import { Room } from './room.ts'

export interface InputCacheInit {
  /** Made at the start. Must be on the file system of the places, for hard links. */
  readonly directory: string
  readonly quotaBytes: number
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
}

export interface Fetching {
  /** An empty folder for what is fetched: regular files and folders only. */
  readonly content: string
  /** Makes room for so many bytes in all, before they are written. Throws `payload_too_large`, `input_unavailable`. */
  readonly room: (bytes: number) => Promise<void>
  readonly signal: AbortSignal
}

export interface Wanted {
  /** Two inputs are the same when this is. May hold secrets: it is neither kept nor logged. */
  readonly identity: string
  /** What it is, for people. */
  readonly what: string
  readonly fetch: (fetching: Fetching) => Promise<void>
}

/**
 * The node’s one cache of fetched inputs: `entries/<sha256 of what it is>/{content/,entry.json}`, written aside and renamed
 * when whole. One fetch at a time for the same thing. When the quota is used up, what was not used longest is removed, but
 * never what an execution uses: its hard links (see cached-tree.ts) say so, and they outlive any crash.
 */
export class InputCache implements Startable {
  readonly #init: InputCacheInit
  readonly #entries = new Map<string, CacheEntry>()
  readonly #held = new Map<string, number>()
  readonly #flights = new Flights<CacheEntry>()
  readonly #room: Room

  constructor(init: InputCacheInit) {
    this.#init = init
    this.#room = new Room({
      quotaBytes: init.quotaBytes,
      entries: () => this.#entries.values(),
      isFree: async ({ key, content }) => !this.#held.has(key) && !(await isInUse(content)),
      remove: (entry) => this.#remove(entry),
    })
  }

  /** Removes what was left half fetched, and knows what is whole. */
  async start(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true })
    for (const path of [this.#kept, this.#partial]) await mkdir(path, { recursive: true, mode: 0o700 })
    this.#entries.clear()
    for (const entry of await readEntries(this.#kept)) this.#entries.set(entry.key, entry)
    await this.#room.shrink()
  }

  async stop(): Promise<void> {
    await this.#flights.stop()
  }

  /** What is here of it; undefined when it would have to be fetched. */
  find(identity: string): Pick<CacheEntry, 'files' | 'bytes'> | undefined {
    const entry = this.#entries.get(keyOf(identity))
    return entry && { files: entry.files, bytes: entry.bytes }
  }

  /**
   * Lays it out, read-only, at `place`, which is one execution’s own; fetches it first when it is not here. `place` is on
   * the cache’s file system; what is there already from an earlier call stays. Throws what `fetch` throws.
   */
  async use(wanted: Wanted, place: string, options: Abortable = {}): Promise<void> {
    if (await isFolderThere(place)) return
    const key = keyOf(wanted.identity)
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1)
    try {
      if (await this.#layOutKept(key, place)) return
      await this.#flights.join(key, ({ signal }) => this.#fetch(key, wanted, signal), options)
      if (await this.#layOutKept(key, place)) return
      throw new EdgeError(
        'input_unavailable',
        `${wanted.what} was fetched, but is damaged on this node’s disk`,
      )
    } finally {
      const held = (this.#held.get(key) ?? 1) - 1
      if (held === 0) this.#held.delete(key)
      else this.#held.set(key, held)
    }
  }

  get #kept(): string {
    return join(this.#init.directory, 'entries')
  }

  get #partial(): string {
    return join(this.#init.directory, 'partial')
  }

  /** False when it is not here, or not whole any more: it is then forgotten. */
  async #layOutKept(key: string, place: string): Promise<boolean> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    try {
      const { files, bytes } = await layOut(entry.content, place)
      if (files === entry.files && bytes === entry.bytes) {
        this.#entries.set(key, await touch(entry, this.#init.clock.wallMs()))
        return true
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    this.#init.log.warn({ what: entry.what }, 'a kept input was changed on disk; it is fetched again')
    await rm(place, { recursive: true, force: true })
    await this.#remove(entry)
    return false
  }

  async #fetch(key: string, { what, fetch }: Wanted, signal: AbortSignal): Promise<CacheEntry> {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const folder = join(this.#partial, `${key}.${randomBytes(4).toString('hex')}`)
    try {
      await mkdir(contentPath(folder), { recursive: true, mode: 0o700 })
      await fetch({ content: contentPath(folder), room: (bytes) => this.#room.reserve(key, bytes), signal })
      signal.throwIfAborted()
      const size = await sealTree(contentPath(folder))
      await this.#room.reserve(key, size.bytes)
      const note: EntryNote = { format: 'edge/input/v1', what, ...size }
      await replaceFile(notePath(folder), JSON.stringify(note), { mode: 0o600 })
      const kept = join(this.#kept, key)
      await rename(folder, kept)
      await syncFolder(this.#kept)
      const usedAtMs = this.#init.clock.wallMs()
      const entry = { ...note, key, folder: kept, content: contentPath(kept), usedAtMs }
      this.#entries.set(key, entry)
      this.#init.log.info({ what, files: size.files, bytes: size.bytes }, 'an input was fetched')
      return entry
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw diskFull(error, what)
    } finally {
      this.#room.release(key)
    }
  }

  /** Moved aside first, so that nothing is ever half there under its name. */
  async #remove({ key, folder, what, bytes }: CacheEntry): Promise<void> {
    this.#entries.delete(key)
    const aside = join(this.#partial, `${key}.${randomBytes(4).toString('hex')}.old`)
    await rename(folder, aside).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
    })
    await rm(aside, { recursive: true, force: true })
    this.#init.log.info({ what, bytes }, 'a kept input was removed')
  }
}

function keyOf(identity: string): string {
  return createHash('sha256').update(identity).digest('hex')
}

function diskFull(error: unknown, what: string): unknown {
  const errno = errnoOf(error)
  if (isEdgeError(error) || (errno !== 'ENOSPC' && errno !== 'EDQUOT')) return error
  return new EdgeError('input_unavailable', `the disk of this node is full; ${what} does not fit`, {
    cause: error,
  })
}

import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, isEdgeError } from '../domain/index.ts'
import type { BlockStore } from '../ports/index.ts'
import { parseCid, verifyBlock } from './cid.ts'
import { openRegular, readAt } from './regular-file.ts'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile, syncFolder } from '../utils/whole-file.ts'
import { maxBlockBytes } from './limits.ts'

/**
 * Blocks as files: `<directory>/<two characters>/<cid>`, written beside and renamed, so that a file that is there is
 * whole. Verified on the way in and out; what does not match its name is removed.
 */
export class FsBlockStore implements BlockStore {
  readonly #directory: string
  #prepared: Promise<void> | undefined

  /** One process at a time may use a directory. It is made with the first block. */
  constructor(directory: string) {
    this.#directory = directory
  }

  get #scratch(): string {
    return join(this.#directory, 'scratch')
  }

  async has(cid: string): Promise<boolean> {
    if (parseCid(cid) === undefined) return false
    const found = await stat(this.#path(cid)).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    return found?.isFile() === true
  }

  async get(cid: string): Promise<Uint8Array> {
    if (parseCid(cid) === undefined) throw missing(cid.slice(0, 128))
    const block = await this.#read(cid)
    try {
      verifyBlock(cid, block)
      return block
    } catch (error) {
      await rm(this.#path(cid), { force: true })
      throw error
    }
  }

  async put(cid: string, bytes: Uint8Array): Promise<void> {
    verifyBlock(cid, bytes)
    if (await this.#isWhole(cid)) return
    this.#prepared ??= this.#prepare()
    await this.#prepared
    const shard = join(this.#directory, shardOf(cid))
    if ((await mkdir(shard, { recursive: true, mode: 0o700 })) !== undefined)
      await syncFolder(this.#directory)
    await replaceFile(this.#path(cid), bytes, { mode: 0o600, scratch: this.#scratch })
  }

  /** Removes what a crash left half written, once. */
  async #prepare(): Promise<void> {
    try {
      await rm(this.#scratch, { recursive: true, force: true })
      await mkdir(this.#scratch, { recursive: true, mode: 0o700 })
    } catch (error) {
      this.#prepared = undefined
      throw error
    }
  }

  async #isWhole(cid: string): Promise<boolean> {
    if (!(await this.has(cid))) return false
    try {
      await this.get(cid)
      return true
    } catch (error) {
      if (isEdgeError(error, 'block_corrupt') || isEdgeError(error, 'block_missing')) return false
      throw error
    }
  }

  async #read(cid: string): Promise<Uint8Array> {
    const file = await openRegular(this.#path(cid)).catch((error: unknown) => {
      if (isEdgeError(error, 'path_missing')) throw missing(cid)
      throw error
    })
    try {
      return await readAt(file, 0, Math.min((await file.stat()).size, maxBlockBytes + 1))
    } finally {
      await file.close()
    }
  }

  #path(cid: string): string {
    return join(this.#directory, shardOf(cid), cid)
  }
}

/** The two characters before the last: they are spread evenly, while all CIDs begin alike and the last holds padding. */
function shardOf(cid: string): string {
  return cid.slice(-3, -1)
}

function missing(cid: string): EdgeError {
  return new EdgeError('block_missing', `block ${cid} is not in the store`)
}

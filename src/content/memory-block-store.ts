import { EdgeError } from '../domain/index.ts'
import type { BlockStore } from '../ports/index.ts'
import { verifyBlock } from './cid.ts'

/** Blocks in memory, for tests and small things. */
export class MemoryBlockStore implements BlockStore {
  readonly #blocks = new Map<string, Uint8Array>()

  has(cid: string): Promise<boolean> {
    return Promise.resolve(this.#blocks.has(cid))
  }

  get(cid: string): Promise<Uint8Array> {
    const block = this.#blocks.get(cid)
    if (block !== undefined) return Promise.resolve(block.slice())
    return Promise.reject(new EdgeError('block_missing', `block ${cid} is not in memory`))
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- verifyBlock throws, the port rejects
  async put(cid: string, bytes: Uint8Array): Promise<void> {
    verifyBlock(cid, bytes)
    this.#blocks.set(cid, bytes.slice())
  }
}

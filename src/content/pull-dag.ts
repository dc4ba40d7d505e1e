import type { CID } from 'multiformats/cid'
import { EdgeError, isEdgeError } from '../domain/index.ts'
import type { Abortable, BlockStore } from '../ports/index.ts'
import { Bounded } from './bounded.ts'
import { codecOf, parseCid, verifyBlock } from './cid.ts'
import { readNode, type DagNode, type FolderLink } from './dag-node.ts'
import { maxDagBlocks, maxDagDepth, resultLimits, type TreeLimits } from './limits.ts'
import { listTree } from './list-tree.ts'

export interface PulledBlock {
  readonly cid: string
  readonly bytes: Uint8Array
}

export interface PullDagInit extends Abortable {
  readonly root: string
  readonly store: BlockStore
  /** Asks for at most 64 blocks at a time; they may come in any order. */
  readonly fetch: (cids: string[], options: Abortable) => AsyncIterable<PulledBlock>
  /** What is left out is as in `resultLimits`. */
  readonly limits?: Partial<TreeLimits>
  /** Told of every fetched block once it is in the store. */
  readonly onBlock?: (block: { readonly cid: string; readonly bytes: number }) => void
}

export interface PulledDag {
  /** Of the files, as they would be on disk. */
  readonly bytes: number
  readonly blocks: number
  readonly fetchedBlocks: number
}

const batchSize = 64
const concurrentPuts = 8

/**
 * Brings every block of a folder’s DAG into the store. What is there already is read, not fetched: a pull that broke off
 * goes on where it was. Throws `block_corrupt` (the block is thrown away), `block_missing` when `fetch` ends too early,
 * `output_unsafe` and `result_refused` for a DAG that cannot be a result (see list-tree.ts); what was fetched is kept.
 */
export async function pullDag(init: PullDagInit): Promise<PulledDag> {
  const { root, store, signal } = init
  const limits = { ...resultLimits, ...init.limits }
  const cid = parseCid(root)
  if (cid === undefined) throw new EdgeError('result_refused', `${root} is no CID of a result`)
  const pull = new DagPull(init, limits)
  await pull.run(cid)
  const { bytes } = await listTree({ root, block: (key) => store.get(key), limits, signal })
  return { bytes, blocks: pull.blocks, fetchedBlocks: pull.fetchedBlocks }
}

interface Wanted {
  readonly cid: CID
  readonly depth: number
}

class DagPull {
  fetchedBlocks = 0
  #bytes = 0
  readonly #init: PullDagInit
  readonly #limits: TreeLimits
  readonly #queue: Wanted[] = []
  readonly #seen = new Set<string>()
  /** Bytes of a file below each leaf and file node, and what links say of them: they must agree. */
  readonly #sizes = new Map<string, number>()
  readonly #claims: { readonly cid: string; readonly bytes: number }[] = []

  constructor(init: PullDagInit, limits: TreeLimits) {
    this.#init = init
    this.#limits = limits
  }

  get blocks(): number {
    return this.#seen.size
  }

  async run(root: CID): Promise<void> {
    this.#want(root, 0)
    while (this.#queue.length > 0) {
      this.#init.signal?.throwIfAborted()
      const missing = new Map<string, Wanted>()
      for (const wanted of this.#queue.splice(-batchSize)) {
        const block = await this.#stored(wanted.cid.toString())
        if (block === undefined) missing.set(wanted.cid.toString(), wanted)
        else await this.#take(wanted, block)
      }
      if (missing.size > 0) await this.#fetch(missing)
    }
    this.#checkClaims()
  }

  async #stored(cid: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#init.store.get(cid)
    } catch (error) {
      if (isEdgeError(error, 'block_missing') || isEdgeError(error, 'block_corrupt')) return undefined
      throw error
    }
  }

  async #fetch(missing: Map<string, Wanted>): Promise<void> {
    const { fetch, signal, store, onBlock } = this.#init
    const puts = new Bounded(concurrentPuts)
    try {
      for await (const { cid, bytes } of fetch([...missing.keys()], { signal })) {
        signal?.throwIfAborted()
        verifyBlock(cid, bytes)
        const wanted = missing.get(cid)
        if (wanted === undefined) {
          throw new EdgeError('block_corrupt', `block ${cid} came, which was not asked for or came twice`)
        }
        missing.delete(cid)
        await this.#take(wanted, bytes)
        await puts.add(async () => {
          await store.put(cid, bytes)
          this.fetchedBlocks++
          onBlock?.({ cid, bytes: bytes.byteLength })
        })
        if (missing.size === 0) break
      }
      await puts.drain()
    } finally {
      await puts.settle()
    }
    const [first] = missing.keys()
    if (first === undefined) return
    throw new EdgeError('block_missing', `${missing.size} blocks did not come, the first is ${first}`)
  }

  async #take({ cid, depth }: Wanted, block: Uint8Array): Promise<void> {
    const node = await readNode(cid, block)
    this.#bytes += block.byteLength
    if (this.#bytes > 1.01 * this.#limits.maxBytes + maxNodeBytes) {
      throw this.#refused(`it holds more than ${this.#limits.maxBytes} bytes`)
    }
    if (node.kind === 'leaf' || node.kind === 'file') this.#sizes.set(cid.toString(), node.bytes)
    for (const child of this.#children(node)) this.#want(child, depth + 1)
  }

  #children(node: DagNode): readonly CID[] {
    switch (node.kind) {
      case 'leaf':
        return []
      case 'file':
        for (const { cid, bytes } of node.parts) this.#claims.push({ cid: cid.toString(), bytes })
        return node.parts.map((part) => part.cid)
      case 'folder':
        return this.#linked(node.links)
      case 'shard':
        return [...node.shards, ...this.#linked(node.links)]
    }
  }

  #linked(links: readonly FolderLink[]): readonly CID[] {
    for (const { cid, tsize } of links) {
      // Of a node the link tells the size of all blocks below, which nobody relies on.
      if (codecOf(cid) === 'raw') this.#claims.push({ cid: cid.toString(), bytes: tsize })
    }
    return links.map((link) => link.cid)
  }

  #want(cid: CID, depth: number): void {
    const key = cid.toString()
    if (this.#seen.has(key)) return
    if (depth > maxDagDepth) throw this.#refused(`it is deeper than ${maxDagDepth} blocks`)
    if (this.#seen.size >= maxDagBlocks) throw this.#refused(`it has more than ${maxDagBlocks} blocks`)
    this.#seen.add(key)
    this.#queue.push({ cid, depth })
  }

  #checkClaims(): void {
    for (const { cid, bytes } of this.#claims) {
      const actual = this.#sizes.get(cid)
      if (actual === bytes) continue
      throw this.#refused(`a part ${cid} of a file should have ${bytes} bytes and has ${actual ?? 'no file'}`)
    }
  }

  #refused(problem: string): EdgeError {
    return new EdgeError('result_refused', `the result ${this.#init.root} is refused: ${problem}`)
  }
}

/** What the nodes of the largest small result can come to: 10,000 links with names of 255 bytes, and their shards. */
const maxNodeBytes = 16 * 1_048_576

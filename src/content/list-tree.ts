import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import { codecOf, parseCid } from './cid.ts'
import { readNode, type DagNode, type FilePart, type FolderLink } from './dag-node.ts'
import { maxDagDepth, type TreeLimits } from './limits.ts'
import { checkNames } from './names.ts'

/** A file of a DAG. `parts` is its root’s list; a file of one block is its own only part. */
export interface TreeFile {
  /** Below the root, with slashes. */
  readonly path: string
  readonly cid: CID
  readonly bytes: number
  readonly parts: readonly FilePart[]
}

export interface Tree {
  /** Below the root, parents first; the root itself is not among them. */
  readonly folders: readonly string[]
  readonly files: readonly TreeFile[]
  readonly bytes: number
}

export interface ListTreeInit {
  readonly root: string
  /** The verified block of a CID. */
  readonly block: (cid: string) => Promise<Uint8Array>
  readonly limits: TreeLimits
  readonly signal?: AbortSignal | undefined
}

/**
 * What a folder’s DAG would be on disk, without reading the leaves. Throws `output_unsafe` for names that must not be
 * written, `result_refused` for what is beyond the limits or no folder: also when few blocks spell out a huge tree.
 */
export async function listTree(init: ListTreeInit): Promise<Tree> {
  const root = parseCid(init.root)
  if (root === undefined) throw new EdgeError('result_refused', `${init.root} is no CID of a result`)
  const lister = new TreeLister(init)
  await lister.root(root)
  return lister
}

class TreeLister implements Tree {
  readonly folders: string[] = []
  readonly files: TreeFile[] = []
  bytes = 0
  #nodes = 0
  readonly #init: ListTreeInit

  constructor(init: ListTreeInit) {
    this.#init = init
  }

  async root(cid: CID): Promise<void> {
    const node = await this.#read(cid)
    if (node.kind !== 'folder' && node.kind !== 'shard') {
      throw new EdgeError('result_refused', `${cid.toString()} is a file, not a folder`)
    }
    await this.#folder('', node, 0)
  }

  async #folder(path: string, node: DagNode, depth: number): Promise<void> {
    const { maxDepth, maxEntries } = this.#init.limits
    if (depth > maxDepth) throw this.#refused(`is deeper than ${maxDepth} folders`)
    const links = await this.#links(node, 0)
    checkNames(
      path,
      links.map((link) => link.name),
    )
    if (this.folders.length + this.files.length + links.length > maxEntries) {
      throw this.#refused(`holds more than ${maxEntries} files and folders`)
    }
    for (const link of links) await this.#entry(path === '' ? link.name : `${path}/${link.name}`, link, depth)
  }

  async #entry(path: string, { cid, tsize }: FolderLink, depth: number): Promise<void> {
    if (codecOf(cid) === 'raw') {
      this.#addFile({ path, cid, bytes: tsize, parts: [{ cid, bytes: tsize }] })
      return
    }
    const node = await this.#read(cid)
    switch (node.kind) {
      case 'leaf':
        throw this.#refused('holds a leaf with the codec of a node')
      case 'file':
        this.#addFile({ path, cid, bytes: node.bytes, parts: node.parts })
        return
      case 'folder':
      case 'shard':
        this.folders.push(path)
        await this.#folder(path, node, depth + 1)
    }
  }

  async #links(node: DagNode, level: number): Promise<readonly FolderLink[]> {
    if (node.kind === 'folder') return node.links
    if (node.kind !== 'shard') throw this.#refused('has a file where a part of a folder should be')
    if (level > maxDagDepth) throw this.#refused(`has a folder of more than ${maxDagDepth} levels`)
    const links = [...node.links]
    for (const shard of node.shards) {
      links.push(...(await this.#links(await this.#read(shard), level + 1)))
      if (links.length > this.#init.limits.maxEntries) throw this.#refused('has a folder of too many entries')
    }
    return links
  }

  async #read(cid: CID): Promise<DagNode> {
    this.#init.signal?.throwIfAborted()
    // Shards are no entries, but a DAG can name the same one again and again.
    if (++this.#nodes > 4 * this.#init.limits.maxEntries + 1) throw this.#refused('has too many nodes')
    return readNode(cid, await this.#init.block(cid.toString()))
  }

  #addFile(file: TreeFile): void {
    this.files.push(file)
    this.bytes += file.bytes
    if (this.bytes > this.#init.limits.maxBytes) {
      throw this.#refused(`holds more than ${this.#init.limits.maxBytes} bytes`)
    }
  }

  #refused(problem: string): EdgeError {
    return new EdgeError('result_refused', `the result ${this.#init.root} is refused: it ${problem}`)
  }
}

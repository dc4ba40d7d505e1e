import { lstat, type FileHandle } from 'node:fs/promises'
import { relative } from 'node:path'
import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import { openRegular, pathError, readAt } from './regular-file.ts'
import { syncFolder } from '../utils/whole-file.ts'
import { readFolder } from './folder-entries.ts'
import { chunkBytes, type TreeLimits } from './limits.ts'
import { checkNames } from './names.ts'
import { fileNode, folderNode, type UnixfsNode } from './unixfs-nodes.ts'

/** Told of every block while a tree is read; `path` is relative to the root of the tree, with slashes. */
export interface TreeSink {
  leaf(cid: CID, path: string, offset: number, length: number): void
  node(cid: CID, bytes: Uint8Array): void
}

export interface ImportOptions {
  readonly limits: TreeLimits
  /** Names with a leading dot too (`ipfs add -r -H`). */
  readonly hidden: boolean
  /** Refuse names that could not be downloaded (see names.ts). */
  readonly portableNames: boolean
  /** Make every file and folder durable on the way. */
  readonly sync: boolean
  readonly signal?: AbortSignal | undefined
}

export interface ImportedTree {
  readonly cid: CID
  /** Of the files, not of the nodes. */
  readonly bytes: number
  readonly files: number
}

/**
 * Reads a file or folder into the DAG that `ipfs add` would make of it. Throws `result_refused` for links, special files
 * and what is beyond the limits, `path_missing`, and `state_conflict` when a file changes meanwhile.
 */
export async function importTree(
  root: string,
  sink: TreeSink,
  options: ImportOptions,
): Promise<ImportedTree> {
  const found = await lstat(root).catch((error: unknown) => {
    throw pathError(error, root)
  })
  const reader = new TreeReader(root, sink, options)
  const node = found.isDirectory() ? await reader.folder(root, 0) : await reader.file(root)
  return { cid: node.cid, bytes: reader.bytes, files: reader.files }
}

class TreeReader {
  bytes = 0
  files = 0
  #entries = 0
  readonly #root: string
  readonly #sink: TreeSink
  readonly #options: ImportOptions

  constructor(root: string, sink: TreeSink, options: ImportOptions) {
    this.#root = root
    this.#sink = sink
    this.#options = options
  }

  async folder(path: string, depth: number): Promise<UnixfsNode> {
    const { limits, hidden, portableNames, sync, signal } = this.#options
    signal?.throwIfAborted()
    if (depth > limits.maxDepth) throw this.#refused(path, `is deeper than ${limits.maxDepth} folders`)
    const entries = await readFolder(path, hidden)
    this.#entries += entries.length
    if (this.#entries > limits.maxEntries) {
      throw this.#refused(this.#root, `holds more than ${limits.maxEntries} files and folders`)
    }
    const names = entries.map(({ name }) => name)
    if (portableNames) checkNames(this.#relative(path), names)
    const children: (UnixfsNode & { readonly name: string })[] = []
    for (const entry of entries) {
      const node = await (entry.kind === 'file' ? this.file(entry.path) : this.folder(entry.path, depth + 1))
      children.push({ name: entry.name, ...node })
    }
    if (sync) await syncFolder(path)
    return folderNode(children, {
      leaf: () => undefined,
      node: (cid, bytes) => {
        this.#sink.node(cid, bytes)
      },
    })
  }

  async file(path: string): Promise<UnixfsNode> {
    const relativePath = this.#relative(path)
    const file = await openRegular(path)
    try {
      const node = await fileNode(this.#chunks(file, path), {
        leaf: (cid, bytes, offset) => {
          this.#sink.leaf(cid, relativePath, offset, bytes.byteLength)
        },
        node: (cid, bytes) => {
          this.#sink.node(cid, bytes)
        },
      })
      this.files++
      if (this.#options.sync) await file.sync()
      return node
    } finally {
      await file.close()
    }
  }

  async *#chunks(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
    const before = await file.stat()
    const { maxBytes } = this.#options.limits
    if (this.bytes + before.size > maxBytes)
      throw this.#refused(path, `brings the total above ${maxBytes} bytes`)
    let offset = 0
    do {
      this.#options.signal?.throwIfAborted()
      const chunk = await readAt(file, offset, Math.min(chunkBytes, before.size - offset))
      offset += chunk.byteLength
      yield chunk
      if (chunk.byteLength < chunkBytes) break
    } while (offset < before.size)
    const after = await file.stat()
    if (offset !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new EdgeError('state_conflict', `${path} changed while it was read`)
    }
    this.bytes += offset
  }

  #relative(path: string): string {
    return relative(this.#root, path)
  }

  #refused(path: string, problem: string): EdgeError {
    return new EdgeError('result_refused', `${path} ${problem}`)
  }
}

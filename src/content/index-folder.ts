import { resolve } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { ContentIndex, type Slice } from './content-index.ts'
import { importTree } from './import-tree.ts'
import { resultLimits, type TreeLimits } from './limits.ts'

export interface IndexFolderOptions extends Abortable {
  readonly limits?: TreeLimits
  /** Make every file durable (fsync) while it is read. */
  readonly sync?: boolean
}

/**
 * Reads a folder once and says where each block of its DAG is. Everything in it counts, hidden files too. Throws
 * `result_refused` (links, special files, too much), `output_unsafe` (names), `path_missing`, `state_conflict`.
 */
export async function indexFolder(
  directory: string,
  { limits = resultLimits, sync = false, signal }: IndexFolderOptions = {},
): Promise<ContentIndex> {
  const leaves = new Map<string, Slice>()
  const nodes = new Map<string, Uint8Array>()
  const sink = {
    leaf: (cid: { toString(): string }, path: string, offset: number, length: number): void => {
      const key = cid.toString()
      if (path === '') throw new EdgeError('result_refused', `${directory} is a file, not a folder`)
      if (!leaves.has(key)) leaves.set(key, { path, offset, length })
    },
    node: (cid: { toString(): string }, bytes: Uint8Array): void => {
      nodes.set(cid.toString(), bytes)
    },
  }
  const tree = await importTree(directory, sink, { limits, hidden: true, portableNames: true, sync, signal })
  const { bytes, files } = tree
  return new ContentIndex({
    root: tree.cid.toString(),
    directory: resolve(directory),
    bytes,
    files,
    leaves,
    nodes,
  })
}

import { EdgeError } from '../domain/index.ts'
import type { Abortable, BlockStore } from '../ports/index.ts'
import { codecOf } from './cid.ts'
import { readNode, type FilePart } from './dag-node.ts'
import { maxDagDepth, resultLimits } from './limits.ts'
import { listTree } from './list-tree.ts'

export interface ReadFileInit extends Abortable {
  /** Of the folder. */
  readonly root: string
  /** Below the root, with slashes. */
  readonly path: string
  readonly store: Pick<BlockStore, 'get'>
}

/**
 * The bytes of one file of a folder’s DAG that is in the store, leaf by leaf; none when the folder has no such file.
 * Throws as `listTree`, and `block_missing`.
 */
export async function* readFile({ root, path, store, signal }: ReadFileInit): AsyncGenerator<Uint8Array> {
  const block = (cid: string): Promise<Uint8Array> => store.get(cid)
  const { files } = await listTree({ root, block, limits: resultLimits, signal })
  const file = files.find((each) => each.path === path)
  if (file !== undefined) yield* leaves(file.parts, 0, { block, signal })
}

interface Source extends Abortable {
  readonly block: (cid: string) => Promise<Uint8Array>
}

async function* leaves(
  parts: readonly FilePart[],
  depth: number,
  source: Source,
): AsyncGenerator<Uint8Array> {
  if (depth > maxDagDepth) throw new EdgeError('result_refused', 'a file has too many levels')
  for (const { cid } of parts) {
    source.signal?.throwIfAborted()
    const bytes = await source.block(cid.toString())
    const node = await readNode(cid, bytes)
    if (codecOf(cid) === 'raw') yield bytes
    else if (node.kind === 'file') yield* leaves(node.parts, depth + 1, source)
    else throw new EdgeError('result_refused', `part ${cid.toString()} of a file is a ${node.kind}`)
  }
}

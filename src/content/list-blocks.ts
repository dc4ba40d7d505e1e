import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import type { Abortable, BlockStore } from '../ports/index.ts'
import { codecOf, parseCid } from './cid.ts'
import { readNode, type DagNode } from './dag-node.ts'
import { maxDagBlocks } from './limits.ts'

export interface ListBlocksInit extends Abortable {
  readonly root: string
  readonly store: Pick<BlockStore, 'get'>
}

/** The CIDs of every block of a DAG that is in the store; leaves are not read. Throws `block_missing`, `result_refused`. */
export async function listBlocks({ root, store, signal }: ListBlocksInit): Promise<ReadonlySet<string>> {
  const cid = parseCid(root)
  if (cid === undefined) throw new EdgeError('result_refused', `${root} is no CID of a result`)
  const seen = new Set([root])
  const nodes: CID[] = [cid]
  for (let next = nodes.pop(); next !== undefined; next = nodes.pop()) {
    signal?.throwIfAborted()
    if (codecOf(next) === 'raw') continue
    for (const child of childrenOf(await readNode(next, await store.get(next.toString())))) {
      const key = child.toString()
      if (seen.has(key)) continue
      if (seen.size >= maxDagBlocks) throw new EdgeError('result_refused', `${root} has too many blocks`)
      seen.add(key)
      nodes.push(child)
    }
  }
  return seen
}

function childrenOf(node: DagNode): readonly CID[] {
  switch (node.kind) {
    case 'leaf':
      return []
    case 'file':
      return node.parts.map((part) => part.cid)
    case 'folder':
      return node.links.map((link) => link.cid)
    case 'shard':
      return [...node.shards, ...node.links.map((link) => link.cid)]
  }
}

import { importer } from 'ipfs-unixfs-importer'
import type { ImporterOptions, InProgressImportResult, WritableStorage } from 'ipfs-unixfs-importer'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import { rawCid } from './cid.ts'
import { linksPerNode } from './limits.ts'

/** Where the blocks go that a file or folder is made of. */
export interface BlockSink {
  /** A leaf: `bytes.byteLength` bytes of the file at `offset`. */
  leaf(cid: CID, bytes: Uint8Array, offset: number): void
  /** A dag-pb node: the inner nodes of files, and folders. */
  node(cid: CID, bytes: Uint8Array): void
}

/** A root; `tsize` is the size of all blocks below and the own, which the link of a folder tells. */
export interface UnixfsNode {
  readonly cid: CID
  readonly tsize: bigint
}

/** What `ipfs add --cid-version=1` does, whatever the library’s own defaults become. */
const profile = {
  cidVersion: 1,
  rawLeaves: true,
  reduceSingleLeafToSelf: true,
  shardSplitStrategy: 'links-bytes',
  shardSplitThresholdBytes: 262_144,
  shardFanoutBits: 8,
  blockWriteConcurrency: 1,
  fileImportConcurrency: 1,
} as const satisfies ImporterOptions

/** The DAG of a file from its chunks: each of `chunkBytes` but the last; one empty chunk for an empty file. */
export async function fileNode(chunks: AsyncIterable<Uint8Array>, sink: BlockSink): Promise<UnixfsNode> {
  const options: ImporterOptions = {
    ...profile,
    layout: balanced({ maxChildrenPerNode: linksPerNode }),
    chunker: (source) => source,
    bufferImporter: async function* ({ content }) {
      let offset = 0
      for await (const block of content) {
        const cid = rawCid(block)
        sink.leaf(cid, block, offset)
        offset += block.byteLength
        yield () => Promise.resolve({ cid, block, size: BigInt(block.byteLength) })
      }
    },
  }
  return last(importer([{ content: chunks }], nodesInto(sink), options))
}

/** The node of a folder whose children are known; a HAMT where `ipfs add` makes one. */
export async function folderNode(
  children: readonly (UnixfsNode & { readonly name: string })[],
  sink: BlockSink,
): Promise<UnixfsNode> {
  const options: ImporterOptions = {
    ...profile,
    wrapWithDirectory: true,
    // The children are given as if just built, so that their sizes count when the library decides to shard.
    // eslint-disable-next-line @typescript-eslint/require-await -- the library wants an async stream
    dagBuilder: async function* () {
      for (const { name, cid, tsize } of children) {
        yield (): Promise<InProgressImportResult> => Promise.resolve({ cid, size: tsize, path: name })
      }
    },
  }
  return last(importer([], nodesInto(sink), options))
}

function nodesInto(sink: BlockSink): WritableStorage {
  return {
    put: (cid, bytes) => {
      if (!(bytes instanceof Uint8Array))
        throw new EdgeError('internal', 'the importer gave a block as a stream')
      sink.node(cid, bytes)
      return cid
    },
  }
}

async function last(results: AsyncIterable<{ cid: CID; size: bigint }>): Promise<UnixfsNode> {
  let root: UnixfsNode | undefined
  for await (const { cid, size } of results) root = { cid, tsize: size }
  if (root === undefined) throw new EdgeError('internal', 'the importer gave no root')
  return root
}

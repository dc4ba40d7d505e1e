import { exporter } from 'ipfs-unixfs-exporter'
import type { UnixFSDirectory, UnixFSFile } from 'ipfs-unixfs-exporter'
import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import { codecOf, isOurKind } from './cid.ts'

type Entry = UnixFSFile | UnixFSDirectory

/** A part of a file: `bytes` is how much of the file is below the link. */
export interface FilePart {
  readonly cid: CID
  readonly bytes: number
}

/** A name in a folder; `tsize` is the link’s own claim of the size below it, for a raw block its length. */
export interface FolderLink {
  readonly name: string
  readonly cid: CID
  readonly tsize: number
}

/** A verified block, read: leaf of a file, inner node of a file, folder, or a part of a very large folder (HAMT). */
export type DagNode =
  | { readonly kind: 'leaf'; readonly bytes: number }
  | { readonly kind: 'file'; readonly bytes: number; readonly parts: readonly FilePart[] }
  | { readonly kind: 'folder'; readonly links: readonly FolderLink[] }
  | { readonly kind: 'shard'; readonly links: readonly FolderLink[]; readonly shards: readonly CID[] }

/**
 * Reads a block that was verified before. Throws `output_unsafe` for symlink nodes, and `result_refused` for whatever
 * `ipfs add --cid-version=1` does not make: other codecs or hashes, data inside file nodes, sizes that do not add up.
 */
export async function readNode(cid: CID, block: Uint8Array): Promise<DagNode> {
  if (codecOf(cid) === 'raw') return { kind: 'leaf', bytes: block.byteLength }
  const entry = await decode(cid, block)
  for (const link of entry.node.Links) {
    if (!isOurKind(link.Hash))
      throw refused(cid, `it links to ${link.Hash.toString()}, which is not of our kind`)
  }
  switch (entry.unixfs.type) {
    case 'file':
      return readFile(cid, entry.node, entry.unixfs)
    case 'directory':
      return { kind: 'folder', links: entry.node.Links.map((link) => folderLink(cid, link, 0)) }
    case 'hamt-sharded-directory':
      return readShard(cid, entry.node, entry.unixfs)
    case 'symlink':
      throw new EdgeError('output_unsafe', `block ${cid.toString()} is a symlink, which no result may hold`)
    default:
      throw refused(cid, `it is a UnixFS node of type ${entry.unixfs.type}`)
  }
}

async function decode(cid: CID, block: Uint8Array): Promise<Entry> {
  const single = {
    // eslint-disable-next-line @typescript-eslint/require-await -- the exporter reads blocks as async streams
    async *get(): AsyncGenerator<Uint8Array> {
      yield block
    },
  }
  const entry = await exporter(cid, single).catch((error: unknown) => {
    throw refused(cid, 'it is no UnixFS node', error)
  })
  if (entry.type === 'file' || entry.type === 'directory') return entry
  throw refused(cid, `it is a node of type ${entry.type}`)
}

function readFile(cid: CID, node: Entry['node'], unixfs: Entry['unixfs']): DagNode {
  if ((unixfs.data?.byteLength ?? 0) > 0) throw refused(cid, 'it holds file data itself; leaves must be raw')
  if (unixfs.blockSizes.length !== node.Links.length)
    throw refused(cid, 'its links and sizes differ in number')
  const parts = node.Links.map((link, index) => ({
    cid: link.Hash,
    bytes: Number(unixfs.blockSizes[index] ?? 0n),
  }))
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  if (!Number.isSafeInteger(bytes)) throw refused(cid, 'its sizes add up to more than a file can have')
  return { kind: 'file', bytes, parts }
}

/** HAMT of the UnixFS spec: names begin with the child’s index in hex; nothing behind it means a deeper shard. */
function readShard(cid: CID, node: Entry['node'], unixfs: Entry['unixfs']): DagNode {
  const fanout = Number(unixfs.fanout ?? 0n)
  if (fanout < 2 || fanout > 1024) throw refused(cid, `its fanout is ${fanout}`)
  const prefix = (fanout - 1).toString(16).length
  const isShard = (link: { readonly Name?: string }): boolean => (link.Name ?? '').length <= prefix
  return {
    kind: 'shard',
    links: node.Links.filter((link) => !isShard(link)).map((link) => folderLink(cid, link, prefix)),
    shards: node.Links.filter(isShard).map((link) => link.Hash),
  }
}

function folderLink(
  cid: CID,
  link: { readonly Name?: string; readonly Hash: CID; readonly Tsize?: number },
  prefix: number,
): FolderLink {
  if (link.Tsize === undefined) throw refused(cid, 'one of its links has no size')
  return { name: (link.Name ?? '').slice(prefix), cid: link.Hash, tsize: link.Tsize }
}

function refused(cid: CID, problem: string, cause?: unknown): EdgeError {
  return new EdgeError('result_refused', `block ${cid.toString()} is refused: ${problem}`, { cause })
}

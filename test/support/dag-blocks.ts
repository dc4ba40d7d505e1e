import { createHash } from 'node:crypto'
import * as dagPb from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'

/** Blocks made by hand, to say what no `ipfs add` would say. */
export class DagBlocks {
  readonly blocks = new Map<string, Uint8Array>()
  readonly fetched: string[] = []

  raw(bytes: Uint8Array | string): CID {
    return this.#keep(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, 0x55)
  }

  /** A folder; links in the order of their names, as dag-pb wants them. */
  folder(links: readonly { readonly name: string; readonly cid: CID; readonly tsize?: number }[]): CID {
    return this.node([0x08, 0x01], links)
  }

  symlink(to: string): CID {
    return this.node([0x08, 0x04, 0x12, to.length, ...Buffer.from(to)], [])
  }

  /** A file of parts, with the sizes as claimed. */
  file(parts: readonly { readonly cid: CID; readonly bytes: number }[]): CID {
    const total = parts.reduce((sum, part) => sum + part.bytes, 0)
    const sizes = parts.flatMap((part) => [0x20, ...varint(part.bytes)])
    const links = parts.map(({ cid, bytes }) => ({ name: '', cid, tsize: bytes }))
    return this.node([0x08, 0x02, 0x18, ...varint(total), ...sizes], links)
  }

  node(
    data: readonly number[],
    links: readonly { readonly name: string; readonly cid: CID; readonly tsize?: number }[],
  ): CID {
    const node = dagPb.prepare({
      Data: Uint8Array.from(data),
      Links: links.map(({ name, cid, tsize = 0 }) => ({ Name: name, Hash: cid, Tsize: tsize })),
    })
    return this.#keep(dagPb.encode(node), 0x70)
  }

  /** For downloadFolder. */
  readonly fetchBlock = (cid: string): Promise<Uint8Array> => {
    this.fetched.push(cid)
    const block = this.blocks.get(cid)
    return block === undefined ? Promise.reject(new Error(`no block ${cid}`)) : Promise.resolve(block)
  }

  /** For pullDag. */
  readonly fetch = async function* (
    this: DagBlocks,
    cids: readonly string[],
  ): AsyncGenerator<{ cid: string; bytes: Uint8Array }> {
    for (const cid of cids) yield { cid, bytes: await this.fetchBlock(cid) }
  }.bind(this)

  #keep(bytes: Uint8Array, codec: number): CID {
    const digest = createHash('sha256').update(bytes).digest()
    const cid = CID.createV1(codec, Digest.create(0x12, digest))
    this.blocks.set(cid.toString(), bytes)
    return cid
  }
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { EdgeError } from '../domain/index.ts'
import { maxBlockBytes } from './limits.ts'

const rawCode = 0x55
const dagPbCode = 0x70
const sha256Code = 0x12

/** What a block holds: bytes of a file, or a UnixFS node. */
export type Codec = 'raw' | 'dag-pb'

/** The CID of bytes that are a leaf of a file. */
export function rawCid(bytes: Uint8Array): CID {
  return CID.createV1(rawCode, Digest.create(sha256Code, sha256(bytes)))
}

/** The CID behind its canonical text: version 1, base32, sha2-256, raw or dag-pb; undefined for everything else. */
export function parseCid(text: string): CID | undefined {
  if (text.length > 128) return undefined
  try {
    const cid = CID.parse(text)
    return isOurKind(cid) && cid.toString() === text ? cid : undefined
  } catch {
    // Not a CID: that is the answer, and the only thing CID.parse throws for.
    return undefined
  }
}

/** Whether this program handles such a CID (see parseCid); identity CIDs, which hold their own data, are none. */
export function isOurKind(cid: CID): boolean {
  const isKnownCodec = cid.code === rawCode || cid.code === dagPbCode
  return cid.version === 1 && isKnownCodec && cid.multihash.code === sha256Code && cid.multihash.size === 32
}

export function codecOf(cid: CID): Codec {
  return cid.code === rawCode ? 'raw' : 'dag-pb'
}

/** Whether these are the bytes that the CID names. */
export function matches(cid: CID, bytes: Uint8Array): boolean {
  return Buffer.compare(sha256(bytes), cid.multihash.digest) === 0
}

/** Throws `block_corrupt` unless the text is a CID of our kind and the bytes are its block; returns the CID. */
export function verifyBlock(text: string, bytes: Uint8Array): CID {
  const cid = parseCid(text)
  if (cid === undefined)
    throw new EdgeError('block_corrupt', `${text.slice(0, 128)} is no CID of a result’s block`)
  if (bytes.byteLength > maxBlockBytes) {
    throw new EdgeError(
      'block_corrupt',
      `block ${text} has ${bytes.byteLength} bytes, more than ${maxBlockBytes}`,
    )
  }
  if (!matches(cid, bytes)) {
    throw new EdgeError(
      'block_corrupt',
      `${bytes.byteLength} bytes came for block ${text}, their hash differs`,
    )
  }
  return cid
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}

import { crc32 } from 'node:zlib'
import { CheckpointError } from './checkpoint-error.ts'

/** The entries of a zip archive by name, as views of its bytes. */
export type ZipEntries = ReadonlyMap<string, Uint8Array>

const endSignature = 0x06054b50
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const endBytes = 22
const directoryBytes = 46
const localBytes = 30
const maxCommentBytes = 0xffff
/** The largest YOLOv5 (x6) has about 2,500. */
const maxEntries = 20_000

/**
 * Reads a zip archive as torch.save writes it (APPNOTE.TXT 6.3, stored entries only): every entry lies inside the file,
 * no two share bytes, and all checksums are right. Copies nothing. Throws CheckpointError for anything else.
 */
export function readZip(bytes: Uint8Array): ZipEntries {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { count, start, end } = findDirectory(view)
  const entries = new Map<string, Uint8Array>()
  let at = start
  let sum = 0
  for (let index = 0; index < count; index++) {
    const entry = readEntry(view, at, end)
    const data = findData(view, entry, start)
    sum += data.length
    // Entries that share bytes would let a small file stand for a huge one.
    if (sum > start) throw new CheckpointError('its zip entries overlap')
    if (entries.has(entry.name)) throw new CheckpointError(`its zip has two entries ${entry.name}`)
    if (crc32(data) !== entry.crc) throw new CheckpointError(`${entry.name} in it is damaged: wrong checksum`)
    entries.set(entry.name, data)
    at = entry.next
  }
  return entries
}

function findDirectory(view: DataView): { count: number; start: number; end: number } {
  const last = view.byteLength - endBytes
  for (let at = last; at >= Math.max(0, last - maxCommentBytes); at--) {
    if (
      view.getUint32(at, true) !== endSignature ||
      at + endBytes + view.getUint16(at + 20, true) > view.byteLength
    )
      continue
    const count = view.getUint16(at + 10, true)
    const size = view.getUint32(at + 12, true)
    const start = view.getUint32(at + 16, true)
    if (count > maxEntries) throw new CheckpointError(`its zip has ${count} entries, more than ${maxEntries}`)
    if (start + size > at) throw new CheckpointError('its zip directory does not lie inside the file')
    return { count, start, end: start + size }
  }
  throw new CheckpointError(
    `it is cut off: a zip of ${view.byteLength} bytes without its directory, which is at the end; fetch it again`,
  )
}

interface Entry {
  readonly name: string
  readonly crc: number
  readonly size: number
  readonly localAt: number
  readonly next: number
}

function readEntry(view: DataView, at: number, end: number): Entry {
  if (at + directoryBytes > end || view.getUint32(at, true) !== directorySignature) {
    throw new CheckpointError('its zip directory is damaged')
  }
  const nameBytes = view.getUint16(at + 28, true)
  const next = at + directoryBytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  if (next > end) throw new CheckpointError('its zip directory is damaged')
  const name = Buffer.from(view.buffer, view.byteOffset + at + directoryBytes, nameBytes).toString('utf8')
  const size = view.getUint32(at + 24, true)
  const isEncrypted = (view.getUint16(at + 8, true) & 1) === 1
  if (isEncrypted || view.getUint16(at + 10, true) !== 0 || view.getUint32(at + 20, true) !== size) {
    throw new CheckpointError(`${name} in it is compressed or encrypted, which torch.save does not do`)
  }
  return { name, size, crc: view.getUint32(at + 16, true), localAt: view.getUint32(at + 42, true), next }
}

function findData(view: DataView, { name, size, localAt }: Entry, limit: number): Uint8Array {
  if (localAt + localBytes > limit || view.getUint32(localAt, true) !== localSignature) {
    throw new CheckpointError(`${name} in it is not where the zip directory says`)
  }
  const from = localAt + localBytes + view.getUint16(localAt + 26, true) + view.getUint16(localAt + 28, true)
  if (from + size > limit) throw new CheckpointError(`${name} in it does not lie inside the file`)
  return new Uint8Array(view.buffer, view.byteOffset + from, size)
}

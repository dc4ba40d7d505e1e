/** What a file is by its first bytes, as far as that can be told. */
export type SniffedFile =
  { readonly kind: 'zip' } | { readonly kind: 'other'; readonly what: string } | { readonly kind: 'unknown' }

/** Tells checkpoints from files that are certainly no model for this program; ONNX files have no mark of their own. */
export function sniffFile(bytes: Uint8Array): SniffedFile {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512))
  if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) return { kind: 'zip' }
  const what = foreign(head)
  return what === undefined ? { kind: 'unknown' } : { kind: 'other', what }
}

function foreign(head: Buffer): string | undefined {
  if (head.length === 0) return 'an empty file'
  if (head[0] === 0x80 && (head[1] ?? 0) <= 5) {
    return 'a Python pickle, perhaps a checkpoint of PyTorch before 1.6 (save it again with a newer one)'
  }
  if (head.subarray(4, 8).toString('latin1') === 'TFL3') return 'a TensorFlow Lite model'
  if (head.subarray(0, 8).toString('latin1') === '\u0089HDF\r\n\u001a\n') return 'a Keras (HDF5) model'
  if (head.toString('latin1').startsWith('version https://git-lfs')) {
    return 'a Git LFS pointer: the file itself was not fetched'
  }
  if (isText(head)) return 'a text file'
  return undefined
}

function isText(head: Buffer): boolean {
  return head.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))
}

/** What a file is, told from its first bytes, for the message that refuses it as a model. */
export function sniffFile(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'an empty file'
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512))
  if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    return head.includes('data.pkl') || head.includes('/data')
      ? 'a PyTorch checkpoint (.pt)'
      : 'a zip archive, perhaps a PyTorch checkpoint'
  }
  if (head[0] === 0x80 && (head[1] ?? 0) <= 5) return 'a Python pickle, perhaps an old PyTorch checkpoint'
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

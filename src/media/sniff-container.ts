import { open } from 'node:fs/promises'

/**
 * True when a file begins as a video container does (ISO BMFF, Matroska, RIFF AVI, MPEG-TS/PS, FLV, ASF, Ogg, MXF). Tells damaged footage from a file that was never footage; it does not make a file acceptable.
 */
export async function looksLikeContainer(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(400)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    return isContainerHead(head.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

const isoBoxes = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'styp', 'moof', 'uuid'])
const magics = ['1a45dfa3', '000001ba', '464c5601', '3026b275', '4f676753', '060e2b34'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

function isContainerHead(head: Buffer): boolean {
  if (isoBoxes.has(head.toString('latin1', 4, 8))) return true
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'AVI ') return true
  if (magics.some((magic) => head.subarray(0, magic.length).equals(magic))) return true
  // transport stream packets of 188 bytes, or of 192 with a time code before each
  return [0, 4].some((at) => head[at] === 0x47 && head[at + 188 + at] === 0x47)
}

import { open } from 'node:fs/promises'

/** What a decoder must know before the first picture: ISO/IEC 14496-15, AVCDecoderConfigurationRecord. */
export interface AvcConfig {
  readonly profile: number
  readonly compatibility: number
  readonly level: number
  readonly nalLengthBytes: number
  readonly sequences: readonly Buffer[]
  readonly pictures: readonly Buffer[]
  /** What follows for the higher profiles: chroma format and bit depths. */
  readonly extension: Buffer
}

/** The way to the record in an MP4, with what precedes the children of each box. */
const way = [
  ['moov', 0],
  ['trak', 0],
  ['mdia', 0],
  ['minf', 0],
  ['stbl', 0],
  ['stsd', 8],
  ['avc1', 78],
  ['avcC', 0],
] as const

const largestIndex = 64_000_000

/** Reads the record of the first track of an MP4 whose index is first; undefined where there is none to be read. */
export async function readAvcConfig(path: string): Promise<AvcConfig | undefined> {
  const moov = await readIndex(path)
  let content = moov
  for (const [kind, skip] of way.slice(1)) {
    if (content === undefined) return undefined
    content = findBox(content, kind)?.subarray(skip)
  }
  return content === undefined ? undefined : parseAvcConfig(content)
}

async function readIndex(path: string): Promise<Buffer | undefined> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(8)
    for (let at = 0; (await file.read(head, 0, 8, at)).bytesRead === 8;) {
      const size = head.readUInt32BE(0)
      if (head.toString('latin1', 4, 8) === 'moov' && size <= largestIndex) {
        const content = Buffer.alloc(size - 8)
        await file.read(content, 0, content.length, at + 8)
        return content
      }
      // 0 and 1 stand for sizes that an index in front does not have
      if (size < 8) return undefined
      at += size
    }
    return undefined
  } finally {
    await file.close()
  }
}

function findBox(content: Buffer, kind: string): Buffer | undefined {
  for (let at = 0; at + 8 <= content.length;) {
    const size = content.readUInt32BE(at)
    if (size < 8 || at + size > content.length) return undefined
    if (content.toString('latin1', at + 4, at + 8) === kind) return content.subarray(at + 8, at + size)
    at += size
  }
  return undefined
}

function parseAvcConfig(record: Buffer): AvcConfig | undefined {
  if (record.length < 7 || record[0] !== 1) return undefined
  const sequences = readSets(record, 6, (record[5] ?? 0) & 0x1f)
  const pictures = sequences && readSets(record, sequences.end + 1, record[sequences.end] ?? 0)
  if (sequences === undefined || pictures === undefined) return undefined
  return {
    profile: record[1] ?? 0,
    compatibility: record[2] ?? 0,
    level: record[3] ?? 0,
    nalLengthBytes: ((record[4] ?? 0) & 3) + 1,
    sequences: sequences.sets,
    pictures: pictures.sets,
    extension: record.subarray(pictures.end),
  }
}

function readSets(record: Buffer, begin: number, count: number): { sets: Buffer[]; end: number } | undefined {
  const sets: Buffer[] = []
  let end = begin
  for (let index = 0; index < count; index++) {
    if (end + 2 > record.length) return undefined
    const size = record.readUInt16BE(end)
    if (end + 2 + size > record.length) return undefined
    sets.push(record.subarray(end + 2, end + 2 + size))
    end += 2 + size
  }
  return { sets, end }
}

/** The record as bytes. */
export function writeAvcConfig(config: AvcConfig): Buffer {
  const sets = (list: readonly Buffer[]): Buffer[] =>
    list.flatMap((set) => [Buffer.from([set.length >> 8, set.length & 0xff]), set])
  return Buffer.concat([
    Buffer.from([1, config.profile, config.compatibility, config.level, 0xfc | (config.nalLengthBytes - 1)]),
    Buffer.from([0xe0 | config.sequences.length]),
    ...sets(config.sequences),
    Buffer.from([config.pictures.length]),
    ...sets(config.pictures),
    config.extension,
  ])
}

/** The numbers by which slices name the parameter sets of a record (ITU-T H.264, 7.3.2.1.1 and 7.3.2.2). */
export function parameterSetIds({ sequences, pictures }: AvcConfig): ReadonlySet<number> {
  return new Set([
    ...sequences.map((set) => firstExpGolomb(set.subarray(4))),
    ...pictures.flatMap((set) => [firstExpGolomb(set.subarray(1))]),
  ])
}

function firstExpGolomb(bytes: Buffer): number {
  const bits = [...bytes.subarray(0, 8)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const zeros = bits.indexOf('1')
  return zeros < 0 ? -1 : Number.parseInt(bits.slice(zeros, 2 * zeros + 1), 2) - 1
}

import { open, type FileHandle } from 'node:fs/promises'

/** A coded picture as it lies in a file. */
export interface StoredPicture {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  /** Microseconds from 0 on, in the order of showing. */
  readonly shownUs: number
  readonly isKey: boolean
}

export interface AvcTrack {
  readonly width: number
  readonly height: number
  /** An AVCDecoderConfigurationRecord. */
  readonly config: Buffer
  /** Clockwise quarter turns for display, in degrees. */
  readonly rotation: number
  /** In the order of decoding; the first is shown at 0. */
  readonly pictures: readonly StoredPicture[]
  readonly endUs: number
}

const ticksPerSecond = 1_000_000

/**
 * Writes an MP4 (ISO/IEC 14496-12) of one H.264 track out of pictures that lie in other files. ffmpeg cannot: it gives a
 * track the parameter sets of its first input only.
 */
export async function writeAvcMp4(path: string, track: AvcTrack): Promise<void> {
  const out = await open(path, 'w')
  const inputs = new Map<string, FileHandle>()
  try {
    const head = box('ftyp', Buffer.from('isom'), u32(512), Buffer.from('isomiso2avc1mp41'))
    const media = track.pictures.reduce((sum, { bytes }) => sum + bytes, 0)
    const mediaHead = Buffer.concat([u32(1), Buffer.from('mdat'), u64(media + 16)])
    await out.write(Buffer.concat([head, mediaHead]))
    for (const { file, offset, bytes } of track.pictures) {
      const input = inputs.get(file) ?? (await open(file, 'r'))
      inputs.set(file, input)
      const buffer = Buffer.alloc(bytes)
      const { bytesRead } = await input.read(buffer, 0, bytes, offset)
      if (bytesRead !== bytes) throw new RangeError(`${file} ends before ${offset + bytes}`)
      await out.write(buffer)
    }
    await out.write(movie(track, head.length + mediaHead.length))
  } finally {
    await Promise.all([out, ...inputs.values()].map((file) => file.close()))
  }
}

/** Decoding times: the n-th picture is decoded when the n-th is shown, less what keeps each before its own showing. */
function decodingTimes(pictures: readonly StoredPicture[]): { times: readonly number[]; delayUs: number } {
  const shown = pictures.map(({ shownUs }) => shownUs).sort((a, b) => a - b)
  const delayUs = pictures.reduce(
    (delay, { shownUs }, index) => Math.max(delay, (shown[index] ?? 0) - shownUs),
    0,
  )
  return { times: shown, delayUs }
}

function movie(track: AvcTrack, mediaOffset: number): Buffer {
  const { width, height, rotation, endUs } = track
  const { times, delayUs } = decodingTimes(track.pictures)
  const turn = matrix(rotation, width, height)
  const straight = matrix(0, width, height)
  const mvhd = full('mvhd', 1, 0, u64(0), u64(0), u32(ticksPerSecond), u64(endUs), u32(0x10000), u16(0x100))
  const rest = Buffer.concat([Buffer.alloc(10), straight, Buffer.alloc(24), u32(2)])
  const tkhd = full('tkhd', 1, 3, u64(0), u64(0), u32(1), u32(0), u64(endUs), Buffer.alloc(16), turn)
  const sides = Buffer.concat([u32(width * 0x10000), u32(height * 0x10000)])
  // the pictures before the delay is over are none: the presentation begins with the first
  const edit = box('edts', full('elst', 1, 0, u32(1), u64(endUs), u64(delayUs), u32(0x10000)))
  const mdhd = full('mdhd', 1, 0, u64(0), u64(0), u32(ticksPerSecond), u64(endUs), u16(0x55c4), u16(0))
  const hdlr = full('hdlr', 0, 0, u32(0), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('video\0'))
  const dinf = box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1)))
  const stbl = box('stbl', ...sampleTables(track, { times, delayUs, mediaOffset }))
  const minf = box('minf', full('vmhd', 0, 1, Buffer.alloc(8)), dinf, stbl)
  const trak = box('trak', grow(tkhd, sides), edit, box('mdia', mdhd, hdlr, minf))
  return box('moov', grow(mvhd, rest), trak)
}

interface Timing {
  readonly times: readonly number[]
  readonly delayUs: number
  readonly mediaOffset: number
}

function sampleTables(track: AvcTrack, { times, delayUs, mediaOffset }: Timing): Buffer[] {
  const { pictures, width, height, config, endUs } = track
  const entry = box(
    'avc1',
    ...[Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(width), u16(height), u32(0x480000), u32(0x480000)],
    ...[u32(0), u16(1), Buffer.alloc(32), u16(24), u16(0xffff), box('avcC', config)],
  )
  const count = u32(pictures.length)
  const steps = times.map((time, index) => (times[index + 1] ?? Math.max(endUs, time + 1)) - time)
  const keys = pictures.flatMap(({ isKey }, index) => (isKey ? [u32(index + 1)] : []))
  return [
    full('stsd', 0, 0, u32(1), entry),
    full('stts', 0, 0, count, ...steps.flatMap((step) => [u32(1), u32(step)])),
    full(
      'ctts',
      0,
      0,
      count,
      ...pictures.flatMap(({ shownUs }, index) => [u32(1), u32(shownUs + delayUs - (times[index] ?? 0))]),
    ),
    full('stss', 0, 0, u32(keys.length), ...keys),
    full('stsc', 0, 0, u32(1), u32(1), count, u32(1)),
    full('stsz', 0, 0, u32(0), count, ...pictures.map(({ bytes }) => u32(bytes))),
    full('co64', 0, 0, u32(1), u64(mediaOffset)),
  ]
}

/** Column by column as in 14496-12, 6.2.2; the picture is moved back to where it is seen. */
function matrix(rotation: number, width: number, height: number): Buffer {
  const one = 0x10000
  const [a, b, c, d, x, y] = {
    0: [one, 0, 0, one, 0, 0],
    90: [0, one, -one, 0, height * one, 0],
    180: [-one, 0, 0, -one, width * one, height * one],
    270: [0, -one, one, 0, 0, width * one],
  }[rotation] ?? [one, 0, 0, one, 0, 0]
  return Buffer.concat([a, b, 0, c, d, 0, x, y, 0x40000000].map((value) => i32(value ?? 0)))
}

function box(kind: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(body.length + 8), Buffer.from(kind, 'latin1'), body])
}

function full(kind: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(kind, u32(version * 0x1000000 + flags), ...content)
}

function grow(whole: Buffer, more: Buffer): Buffer {
  const grown = Buffer.concat([whole, more])
  grown.writeUInt32BE(grown.length, 0)
  return grown
}

function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16BE(value)
  return buffer
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

function i32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(value))
  return buffer
}

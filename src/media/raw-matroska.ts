/**
 * The little of Matroska (RFC 9559) that carries uncompressed yuv420p pictures, each with its own time, through a pipe:
 * raw video has no times, and YUV4MPEG2 has a fixed rate. Times are whole microseconds from 0 on.
 */
interface Size {
  readonly width: number
  readonly height: number
}

/** What precedes the first picture. */
export function rawMatroskaHead({ width, height }: Size): Uint8Array {
  const head = element(0x1a45dfa3, [
    element(0x4282, Buffer.from('matroska')),
    element(0x4287, unsigned(4)),
    element(0x4285, unsigned(2)),
  ])
  const info = element(0x1549a966, [
    // nanoseconds in one unit of time
    element(0x2ad7b1, unsigned(1000)),
    element(0x4d80, Buffer.from('edge')),
    element(0x5741, Buffer.from('edge')),
  ])
  const video = element(0xe0, [
    element(0xb0, unsigned(width)),
    element(0xba, unsigned(height)),
    element(0x2eb524, Buffer.from('I420')),
  ])
  const track = element(0xae, [
    element(0xd7, unsigned(1)),
    element(0x73c5, unsigned(1)),
    element(0x83, unsigned(1)),
    element(0x86, Buffer.from('V_UNCOMPRESSED')),
    video,
  ])
  // a segment of unknown length
  const segment = Buffer.from('1853806701ffffffffffffff', 'hex')
  return Buffer.concat([head, segment, info, element(0x1654ae6b, [track])])
}

/** What precedes the bytes of one picture. */
export function rawMatroskaPicture(seconds: number, bytes: number): Uint8Array {
  const time = element(0xe7, unsigned(Math.max(0, Math.round(seconds * 1e6))))
  // track 1, at the cluster's own time, a keyframe
  const blockHead = Buffer.concat([Buffer.from([0xa3]), length(bytes + 4), Buffer.from([0x81, 0, 0, 0x80])])
  return Buffer.concat([
    identifier(0x1f43b675),
    length(time.length + blockHead.length + bytes),
    time,
    blockHead,
  ])
}

function element(id: number, content: Uint8Array | readonly Uint8Array[]): Buffer {
  const body = content instanceof Uint8Array ? content : Buffer.concat(content)
  return Buffer.concat([identifier(id), length(body.length), body])
}

function identifier(id: number): Buffer {
  const hex = id.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function length(bytes: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(bytes) | (1n << 56n))
  return buffer
}

function unsigned(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(value))
  return buffer
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEdgeError } from '../../../src/domain/index.ts'
import { encodeFrame, FrameReader, headerBytes } from '../../../src/network/libp2p/frames.ts'

const body = fc.uint8Array({ minLength: 1, maxLength: 9000 })

/** Cuts bytes at the given places, wherever they fall. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.slice(at[index], end))
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (bodies, places) => {
          const reader = new FrameReader(9000)
          const bytes = Buffer.concat(bodies.map(encodeFrame))
          const read = cut(bytes, places).flatMap((chunk) => reader.push(chunk))
          expect(read.map((each) => [...each])).toEqual(bodies.map((each) => [...each]))
          expect(reader.isBetweenFrames).toBe(true)
        },
      ),
    )
  })

  it('share no memory with the bytes they came from', () => {
    const chunk = encodeFrame(new Uint8Array([1, 2, 3]))
    const [read] = new FrameReader(10).push(chunk)
    chunk.fill(0)
    expect(read).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('of any bytes at all are bodies within the limit, or rpc_protocol', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 30 }), (chunks) => {
        const reader = new FrameReader(100)
        try {
          for (const read of chunks.flatMap((chunk) => reader.push(chunk))) {
            expect(read.length).toBeGreaterThan(0)
            expect(read.length).toBeLessThanOrEqual(100)
          }
        } catch (error) {
          expect(isEdgeError(error, 'rpc_protocol')).toBe(true)
        }
      }),
    )
  })

  it('that are empty or too long are refused by their length alone', () => {
    for (const length of [0, 101, 0xffff_ffff]) {
      const header = new Uint8Array(headerBytes)
      new DataView(header.buffer).setUint32(0, length)
      expect(() => new FrameReader(100).push(header)).toThrow(
        expect.objectContaining({ code: 'rpc_protocol' }),
      )
    }
  })

  it('that have begun but not ended are seen', () => {
    const reader = new FrameReader(100)
    expect(reader.push(encodeFrame(new Uint8Array(9)).subarray(0, 3))).toEqual([])
    expect(reader.isBetweenFrames).toBe(false)
    expect(reader.push(encodeFrame(new Uint8Array(9)).subarray(3, 12))).toEqual([])
    expect(reader.isBetweenFrames).toBe(false)
  })

  it('cost no more memory than what arrived, whatever their length says', () => {
    const header = new Uint8Array(headerBytes)
    new DataView(header.buffer).setUint32(0, 512 * 1_048_576)
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 100 }, () => {
      const reader = new FrameReader(512 * 1_048_576)
      reader.push(header)
      reader.push(new Uint8Array(1000))
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576)
    expect(readers.every((reader) => !reader.isBetweenFrames)).toBe(true)
  })
})

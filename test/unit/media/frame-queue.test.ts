import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameQueue } from '../../../src/media/frame-queue.ts'

const frameBytes = 24

/** Writes bytes in pieces of arbitrary sizes, as a pipe delivers them. */
function writeInPieces(stream: PassThrough, bytes: Uint8Array, sizes: readonly number[]): void {
  let at = 0
  for (let piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1
    stream.write(bytes.subarray(at, at + size))
    at += size
  }
  stream.end()
}

async function drain(
  queue: FrameQueue,
): Promise<{ seconds: number | undefined; first: number | undefined }[]> {
  const taken = []
  for (let frame = await queue.next(); frame !== undefined; frame = await queue.next())
    taken.push({ seconds: frame.seconds, first: frame.data[0] })
  return taken
}

const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 })

describe('a frame queue', () => {
  it('joins the n-th frame with the n-th time, however the two pipes are cut up and whichever comes first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        sizes,
        sizes,
        fc.boolean(),
        async (count, a, b, timesFirst) => {
          const [stdout, times] = [new PassThrough(), new PassThrough()]
          const queue = new FrameQueue({ stdout, times, frameBytes })
          const pixels = Buffer.concat(
            Array.from({ length: count }, (_, index) => Buffer.alloc(frameBytes, index)),
          )
          const lines = Array.from(
            { length: count },
            (_, index) => `0, ${index}, ${index * 40_000}, 0, 472, 0x0\n`,
          )
          const text = Buffer.from(`#software: x\n#tb 0: 1/1000000\n${lines.join('')}`)
          if (timesFirst) writeInPieces(times, text, b)
          writeInPieces(stdout, pixels, a)
          if (!timesFirst) writeInPieces(times, text, b)
          const expected = Array.from({ length: count }, (_, index) => ({
            seconds: (index * 4) / 100,
            first: index,
          }))
          expect(await drain(queue)).toEqual(expected)
          expect(queue.unpaired).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives every frame a buffer of its own', async () => {
    const [stdout, times] = [new PassThrough(), new PassThrough()]
    const queue = new FrameQueue({ stdout, times, frameBytes })
    stdout.end(Buffer.alloc(2 * frameBytes, 7))
    times.end('#tb 0: 1/10\n0,0,0,0,1,0\n0,1,1,0,1,0\n')
    const [one, two] = [await queue.next(), await queue.next()]
    expect(one?.data.buffer.byteLength).toBe(frameBytes)
    expect(two?.data.buffer).not.toBe(one?.data.buffer)
  })

  it('stops reading while its reader is away', async () => {
    const [stdout, times] = [new PassThrough({ highWaterMark: 48 }), new PassThrough()]
    const queue = new FrameQueue({ stdout, times, frameBytes })
    times.write('#tb 0: 1/1\n')
    for (let index = 0; index < 100; index++) times.write(`0, ${index}, ${index}, 0, 1, 0\n`)
    let written = 0
    const writer = (async () => {
      for (; written < 100; written++)
        if (!stdout.write(Buffer.alloc(frameBytes, written)))
          await new Promise((resolve) => stdout.once('drain', resolve))
      stdout.end()
      times.end()
    })()
    await queue.next()
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(written).toBeLessThan(20)
    expect(await drain(queue)).toHaveLength(99)
    await writer
  })

  it('tells of a frame whose time never came', async () => {
    const [stdout, times] = [new PassThrough(), new PassThrough()]
    const queue = new FrameQueue({ stdout, times, frameBytes })
    stdout.end(Buffer.alloc(2 * frameBytes))
    times.end('#tb 0: 1/10\n0,0,0,0,1,0\n')
    expect(await drain(queue)).toHaveLength(1)
    expect(queue.unpaired).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Boxes,
  Ready,
  decode,
  encode,
  longestAnswer,
  parseBody,
} from '../../../../src/inference/detector/sidecar/protocol.ts'
import type { Message } from '../../../../src/inference/detector/sidecar/protocol.ts'

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    yield await Promise.resolve(bytes.subarray(at, at + size))
    at += size
  }
}

const bytesOf = (...parts: readonly (readonly Uint8Array[])[]): Buffer => Buffer.concat(parts.flat())
const read = (bytes: Uint8Array, sizes: readonly number[] = []): Promise<Message[]> =>
  Array.fromAsync(decode(inChunks(bytes, sizes)))

describe('the sidecar protocol', () => {
  it('gives the same messages however the bytes arrive', async () => {
    const ready = { name: 'stub', classes: ['dog'], input: { width: 320, height: 320, format: 'rgb24' } }
    const boxes = { id: 7, boxes: [[1.5, 2, 3, 4, 0.25, 0]] }
    const bytes = bytesOf(encode('ready', ready), encode('boxes', boxes), encode('bye', {}))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 40 }), async (sizes) => {
        const [first, second, third] = await read(bytes, sizes)
        expect(parseBody(Ready, first!)).toEqual(ready)
        expect(parseBody(Boxes, second!)).toEqual(boxes)
        expect(third!.kind).toBe('bye')
      }),
      { numRuns: 50 },
    )
  })

  it('puts pixels behind the JSON of a frame, whose length goes before it', () => {
    const bytes = bytesOf(encode('frame', { id: 1 }, Uint8Array.of(9, 8, 7)))
    expect(bytes.toString('latin1', 0, 4)).toBe('EDSC')
    expect([...bytes.subarray(4, 8)]).toEqual([1, 3, 0, 0])
    expect(bytes.readUInt32LE(8)).toBe(bytes.length - 12)
    expect(bytes.readUInt32LE(12)).toBe('{"id":1}'.length)
    expect([...bytes.subarray(-3)]).toEqual([9, 8, 7])
  })

  it('shows what it was sent instead of a message, at the first wrong byte', async () => {
    const endless = (async function* () {
      yield Buffer.from('E')
      yield Buffer.from('Loading model\n')
      await new Promise(() => undefined)
    })()
    await expect(Array.fromAsync(decode(endless))).rejects.toMatchObject({
      code: 'engine_crashed',
      message: expect.stringContaining('ELoading model.') as string,
    })
  })

  it.each([
    ['a longer message than any needs', 8, longestAnswer + 1, `${longestAnswer + 1} bytes`],
    ['another version', 4, 9, 'version 9'],
    ['a kind that there is not', 5, 99, 'kind 99'],
  ])('refuses %s before it holds any of it', async (_, at, value, said) => {
    const bytes = bytesOf(encode('bye', {}))
    if (at === 8) bytes.writeUInt32LE(value, at)
    else bytes.writeUInt8(value, at)
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'engine_crashed',
      message: expect.stringContaining(said) as string,
    })
  })

  it('tells of an end in the middle of a message', async () => {
    const bytes = bytesOf(encode('boxes', { id: 1, boxes: [] }))
    await expect(read(bytes.subarray(0, -1))).rejects.toThrow('in the middle of a message')
  })

  it('ends in messages or in a named error, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        const bytes = Buffer.concat([bytesOf(encode('bye', {})), noise])
        await read(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'engine_crashed' })
        })
      }),
    )
  })

  it('names the field of an answer that is wrong', () => {
    const body = Buffer.from(JSON.stringify({ id: 1, boxes: [[0, 0, 1, 1, 7, 0]] }))
    expect(() => parseBody(Boxes, { kind: 'boxes', body })).toThrow('boxes.0.4')
    expect(() => parseBody(Boxes, { kind: 'boxes', body: Buffer.from('{"id": 1, "boxes": NaN}') })).toThrow(
      'not JSON',
    )
  })
})

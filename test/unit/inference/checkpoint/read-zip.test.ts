import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../../src/inference/checkpoint/index.ts'
import { readZip } from '../../../../src/inference/checkpoint/read-zip.ts'
import { zipOf } from '../../../support/pickle-bytes.ts'

const entries = [
  ['archive/data.pkl', Buffer.from('pickle')],
  ['archive/data/0', Buffer.alloc(1000, 7)],
] as const
const whole = zipOf(entries)
const directoryAt = whole.readUInt32LE(whole.length - 6)

function changed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(whole)
  copy.set(bytes, at)
  return copy
}

describe('the zip reader', () => {
  it('gives what was stored, whatever it was', () => {
    const name = fc.stringMatching(/^[a-z/]{1,20}$/)
    const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 300 })), {
      selector: ([key]) => key,
      maxLength: 20,
    })
    fc.assert(
      fc.property(files, (all) => {
        const read = readZip(zipOf(all.map(([key, data]) => [key, Buffer.from(data)])))
        expect([...read].map(([key, data]) => [key, [...data]])).toEqual(
          all.map(([key, data]) => [key, [...data]]),
        )
      }),
    )
  })

  it('copies nothing', () => {
    expect(readZip(whole).get('archive/data/0')!.buffer).toBe(whole.buffer)
  })

  it('reads past a comment', () => {
    const commented = Buffer.concat([changed(whole.length - 2, 4, 0), Buffer.from('note')])
    expect([...readZip(commented).keys()]).toEqual(entries.map(([name]) => name))
  })

  it('says that a file is cut off, wherever', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => readZip(whole.subarray(0, length))).toThrow(/cut off/)
      }),
    )
  })

  const overlapping = Buffer.from(whole)
  overlapping.writeUInt32LE(0, directoryAt + 46 + 'archive/data.pkl'.length + 42)
  it.each<[string, Buffer, RegExp]>([
    ['data that was damaged', changed(100, 1), /damaged: wrong checksum/],
    ['compressed entries', changed(directoryAt + 10, 8), /compressed or encrypted/],
    ['encrypted entries', changed(directoryAt + 8, 1), /compressed or encrypted/],
    ['an entry that ends outside', changed(directoryAt + 20, 0, 0, 0, 1, 0, 0, 0, 1), /does not lie inside/],
    [
      'an entry that begins outside',
      changed(directoryAt + 42, 0, 0, 0, 127),
      /not where the zip directory says/,
    ],
    [
      'a directory outside',
      changed(whole.length - 6, 0xff, 0xff, 0xff, 0xff),
      /does not lie inside the file/,
    ],
    ['more entries than the directory has', changed(whole.length - 12, 3), /directory is damaged/],
    ['too many entries', changed(whole.length - 12, 0xff, 0xff), /65535 entries/],
    ['two entries of one name', zipOf([entries[0], entries[0]]), /two entries archive\/data\.pkl/],
    ['an entry with the place of another', overlapping, /does not lie inside|overlap|checksum/],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => readZip(bytes)).toThrow(message)
  })

  it('refuses entries that share bytes, so that a small file cannot stand for a huge one', () => {
    const big = zipOf([['a', Buffer.alloc(5000)]])
    const at = big.readUInt32LE(big.length - 6)
    const entry = (name: string): Buffer => {
      const copy = Buffer.from(big.subarray(at, -22))
      copy.write(name, 46, 'latin1')
      return copy
    }
    const end = Buffer.from(big.subarray(-22))
    end.writeUInt16LE(2, 10)
    end.writeUInt32LE(2 * entry('a').length, 12)
    expect(() => readZip(Buffer.concat([big.subarray(0, at), entry('a'), entry('b'), end]))).toThrow(
      /overlap/,
    )
  })

  it('reads or refuses any damaged archive, never anything else', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        try {
          expect(readZip(changed(at, byte)).size).toBe(2)
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeCount } from '../../../src/media/whole-end.ts'

/** Packets in the order of decoding, told by when each is shown; ten a second, decoded as late as they may be. */
function packetsOf(shown: readonly number[]): { seconds: number; decodedSeconds: number }[] {
  const delay = Math.max(0, ...shown.map((at, index) => index - at))
  return shown.map((at, index) => ({ seconds: at / 10, decodedSeconds: (index - delay) / 10 }))
}

/** Groups of pictures that are stored as the last, and then those before it. */
const groups = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 40 }).map((sizes) => {
  let next = 0
  return sizes.flatMap((size) => {
    const first = next
    next += size
    return [next - 1, ...Array.from({ length: size - 1 }, (_, index) => first + index)]
  })
})

describe('the whole end of a copy', () => {
  it('is at the wanted time where pictures are stored as they are shown', () => {
    expect(wholeCount(packetsOf([0, 1, 2, 3, 4, 5]), 0.3)).toBe(4)
    expect(wholeCount(packetsOf([0, 1, 2, 3, 4, 5]), 0.25)).toBe(4)
  })

  it('waits for the pictures that are shown before one that is stored early', () => {
    // I0 P3 B1 B2 P6 B4 B5 P9 B7 B8: after P3 two are missing
    const packets = packetsOf([0, 3, 1, 2, 6, 4, 5, 9, 7, 8])
    expect(wholeCount(packets, 0.15)).toBe(4)
    expect(wholeCount(packets, 0.3)).toBe(4)
    expect(wholeCount(packets, 0.35)).toBe(7)
  })

  it('is not known before what follows is', () => {
    expect(wholeCount(packetsOf([0, 3, 1, 2, 6, 4]), 0.5)).toBeUndefined()
    expect(wholeCount([], 0)).toBeUndefined()
  })

  it('has no picture missing before it, and is the first such end', () => {
    fc.assert(
      fc.property(groups, fc.double({ min: 0, max: 1, noNaN: true }), (shown, share) => {
        const packets = packetsOf(shown)
        const until = (share * shown.length) / 10 - 0.1
        const count = wholeCount(packets, until)
        const isWhole = (length: number): boolean =>
          Math.max(...shown.slice(0, length)) === length - 1 && (length - 1) / 10 >= until - 1e-6
        if (count !== undefined) expect(isWhole(count)).toBe(true)
        for (let fewer = 1; fewer < (count ?? 0); fewer++) expect(isWhole(fewer)).toBe(false)
      }),
    )
  })
})

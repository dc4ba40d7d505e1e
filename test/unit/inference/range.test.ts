import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outsideRange, withinRange } from '../../../src/inference/pipeline/range.ts'

const micro = fc.integer({ min: -5_000_000, max: 200_000_000 }).map((each) => each / 1e6)

describe('a range of footage', () => {
  it('and what lies outside it are together the footage, to the microsecond', () => {
    const input = fc.record({
      bounds: fc.tuple(micro, micro),
      fromSeconds: fc.option(micro, { nil: undefined }),
      toSeconds: fc.option(micro, { nil: undefined }),
    })
    fc.assert(
      fc.property(input, ({ bounds, ...range }) => {
        const all = { startSeconds: Math.min(...bounds), endSeconds: Math.max(...bounds) }
        const within = withinRange(all, range)
        expect(within.startSeconds).toBeGreaterThanOrEqual(all.startSeconds)
        expect(within.endSeconds).toBeLessThanOrEqual(all.endSeconds)
        const parts = [within, ...outsideRange(all, within)]
        const sum = parts.reduce((total, each) => total + each.endSeconds - each.startSeconds, 0)
        expect(sum).toBeCloseTo(all.endSeconds - all.startSeconds, 6)
      }),
    )
  })
})

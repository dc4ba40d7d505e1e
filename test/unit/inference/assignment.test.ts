import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign } from '../../../src/inference/tracking/assignment.ts'

/** The greatest total gain of disjoint pairs, by trying everything. */
function bestTotal(gains: readonly (readonly number[])[], row = 0, taken: readonly number[] = []): number {
  const own = gains[row]
  if (own === undefined) return 0
  return Math.max(
    bestTotal(gains, row + 1, taken),
    ...own.flatMap((gain, column) =>
      taken.includes(column) ? [] : [gain + bestTotal(gains, row + 1, [...taken, column])],
    ),
  )
}

const gainMatrix = fc
  .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) })
  .chain(({ rows, columns }) =>
    fc.array(fc.array(fc.integer({ min: -3, max: 9 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  )

describe('the assignment', () => {
  it('reaches the total that trying everything reaches', () => {
    fc.assert(
      fc.property(gainMatrix, (gains) => {
        const total = assign(gains).reduce((sum, [row, column]) => sum + gains[row]![column]!, 0)
        expect(total).toBe(bestTotal(gains))
      }),
      { numRuns: 500 },
    )
  })

  it('uses no row and no column twice, and makes no pair that gains nothing', () => {
    fc.assert(
      fc.property(gainMatrix, (gains) => {
        const pairs = assign(gains)
        expect(new Set(pairs.map(([row]) => row)).size).toBe(pairs.length)
        expect(new Set(pairs.map(([, column]) => column)).size).toBe(pairs.length)
        for (const [row, column] of pairs) expect(gains[row]![column]!).toBeGreaterThan(0)
      }),
    )
  })

  it('prefers one good pair to two poor ones', () => {
    expect(
      assign([
        [9, 1],
        [1, 0],
      ]),
    ).toEqual([[0, 0]])
  })

  it('takes two fair pairs over one good one that leaves a pair without', () => {
    expect(
      assign([
        [9, 8],
        [7, 0],
      ]),
    ).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('is empty without rows or columns', () => {
    expect([assign([]), assign([[], []])]).toEqual([[], []])
  })
})

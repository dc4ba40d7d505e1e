import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitTable } from '../../../src/cli/fit-table.ts'

const head = ['ID', 'NAME', 'REASON']
const mayCut = [false, true, true]

describe('a table on a narrow terminal', () => {
  it('cuts the widest text columns with an ellipsis and leaves the others whole', () => {
    const rows = [['4b1422ff', 'north-gate-by-the-river', '/videos is not on the list of allowed paths']]
    expect(fitTable(head, rows, { columns: 44, mayCut })).toEqual([
      ['4b1422ff', 'north-gate-by-t…', '/videos is not …'],
    ])
  })

  it('leaves what fits as it is', () => {
    const rows = [['4b1422ff', 'gate', 'ok']]
    expect(fitTable(head, rows, { columns: 80, mayCut })).toEqual(rows)
  })

  it('is never wider than asked while a column can give way', () => {
    const word = fc.string({ unit: 'grapheme-ascii', maxLength: 60 })
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), fc.integer({ min: 40, max: 200 }), (pairs, columns) => {
        const rows = pairs.map(([name, reason]) => ['4b1422ff', name, reason])
        for (const row of fitTable(head, rows, { columns, mayCut }))
          expect(row.reduce((sum, cell) => sum + cell.length, 4)).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

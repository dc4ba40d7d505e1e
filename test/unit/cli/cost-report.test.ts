import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imageCase } from '../../../src/cli/commands/cost-case.ts'
import { bars, priced } from '../../../src/cli/commands/cost-report.ts'

const all = priced(imageCase({}), ['aws', 'gcp', 'azure'])
const largest = 303_248_500_000n
const drawn = (columns: number): readonly string[] =>
  bars(all, largest, { columns, digits: 2 }).map((line) => stripVTControlCharacters(line))

describe('the bars of edge cost', () => {
  it('fit the terminal, whatever its width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 32, max: 300 }), (columns) => {
        for (const line of drawn(columns)) expect(line.length).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('are as long as the sums, the largest filling its room', () => {
    const lengths = drawn(100).map((line) => /[█▏▎▍▌▋▊▉]+/.exec(line)?.[0].length ?? 0)
    expect(lengths[2]).toBe(100 - 18 - '$303,248.50'.length)
    expect(lengths[0]).toBe(Math.ceil((71 * 258_450) / 303_248.5))
    expect(Math.min(...lengths)).toBe(lengths[1])
  })
})

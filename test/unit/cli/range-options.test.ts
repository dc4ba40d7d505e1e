import { describe, expect, it } from 'vitest'
import { rangeOf } from '../../../src/cli/commands/range-options.ts'
import { parseTime } from '../../../src/cli/parse-time.ts'

describe('a time on the command line', () => {
  it.each([
    ['123.4', 123.4],
    ['0', 0],
    ['90', 90],
    ['1:30', 90],
    ['02:03.4', 123.4],
    ['1:02:03.400', 3723.4],
    ['100:00:00', 360_000],
    ['-0.08', -0.08],
  ])('%s is understood', (text, seconds) => {
    expect(parseTime('--from', text)).toBeCloseTo(seconds, 9)
  })

  it.each(['', 'abc', '1:60', '1:75:00', '1:2:3:4', '12s', '1e3', 'Infinity', '1:', ':30', '1,5'])(
    '%j is refused with the name of the flag',
    (text) => {
      expect(() => parseTime('--to', text)).toThrow(/^--to /)
    },
  )
})

describe('--from and --to', () => {
  it('are a range, or none', () => {
    expect(rangeOf({})).toEqual({})
    expect(rangeOf({ from: '1:00' })).toEqual({ range: { fromSeconds: 60 } })
    expect(rangeOf({ from: '5', to: '6.5' })).toEqual({ range: { fromSeconds: 5, toSeconds: 6.5 } })
  })

  it('are refused where nothing lies between them, or where one is given twice', () => {
    expect(() => rangeOf({ from: '5', to: '5' })).toThrow('--from 5 is not before --to 5')
    expect(() => rangeOf({ from: ['5', '6'] })).toThrow('--from is given more than once')
  })
})

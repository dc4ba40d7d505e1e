import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBytes, parseCores, parseSeconds } from '../../../../src/domain/foreign-specs/units.ts'

const powers = ['', 'K', 'M', 'G', 'T'] as const
const power = fc.constantFrom(0, 1, 2, 3, 4)

describe('amounts', () => {
  it('of bytes are what was written, in either kind of unit', () => {
    fc.assert(
      fc.property(fc.nat(4000), power, fc.constantFrom('', 'b', 'B'), (amount, exponent, suffix) => {
        const prefix = powers[exponent]
        expect(parseBytes(`${amount}${prefix}${suffix}`, 1000)).toBe(amount * 1000 ** exponent)
        if (prefix !== '')
          expect(parseBytes(`${amount}${prefix}i${suffix}`, 1000)).toBe(amount * 1024 ** exponent)
      }),
    )
  })

  it('of cores are the same in thousandths', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (thousandths) => {
        expect(parseCores(`${thousandths}m`)).toBeCloseTo(thousandths / 1000, 9)
        expect(parseCores(String(thousandths / 1000))).toBeCloseTo(thousandths / 1000, 9)
      }),
    )
  })

  it('of time add up', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        expect(parseSeconds(`${hours}h${minutes}m${seconds}s`)).toBe(hours * 3600 + minutes * 60 + seconds)
      }),
    )
  })

  it('are finite numbers of at least 0, or none, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,5}[a-zA-Z ]{0,3}$/)), (text) => {
        for (const amount of [parseBytes(text, 1000), parseCores(text), parseSeconds(text)])
          expect(amount === undefined || (Number.isFinite(amount) && amount >= 0)).toBe(true)
      }),
    )
  })
})

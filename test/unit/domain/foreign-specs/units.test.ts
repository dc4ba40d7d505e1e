import { describe, expect, it } from 'vitest'
import { parseBytes, parseCores, parseSeconds } from '../../../../src/domain/foreign-specs/units.ts'

describe('amounts in foreign specs', () => {
  it.each([
    ['8Gi', 8 * 2 ** 30, 8 * 2 ** 30],
    ['8GiB', 8 * 2 ** 30, 8 * 2 ** 30],
    ['1G', 1e9, 2 ** 30],
    ['1GB', 1e9, 2 ** 30],
    ['512Mi', 512 * 2 ** 20, 512 * 2 ** 20],
    ['512mb', 512e6, 512 * 2 ** 20],
    ['1.5 k', 1500, 1536],
    ['2Ti', 2 ** 41, 2 ** 41],
    ['1000', 1000, 1000],
    ['100B', 100, 100],
    ['0', 0, 0],
    ['', undefined, undefined],
    ['8i', undefined, undefined],
    ['-1Gi', undefined, undefined],
    ['8Qi', undefined, undefined],
    ['8000E', undefined, undefined],
  ])('reads %j as %s bytes, in V1beta2 as %s', (text, decimal, binary) => {
    expect([parseBytes(text, 1000), parseBytes(text, 1024)]).toEqual([decimal, binary])
  })

  it.each([
    ['500m', 0.5],
    ['2', 2],
    ['0.25', 0.25],
    ['1500M', 1.5],
    ['two', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('reads %j as %s cores', (text, cores) => {
    expect(parseCores(text)).toBe(cores)
  })

  it.each([
    ['1800', 1800],
    ['0.5', 0.5],
    ['90s', 90],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['250ms', 0.25],
    ['1m0.1s', 60.1],
    ['10µs', 0.00001],
    ['1d', undefined],
    ['h', undefined],
    ['-5s', undefined],
    ['', undefined],
  ])('reads %j as %s seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds)
  })
})

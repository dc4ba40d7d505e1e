import { describe, expect, it } from 'vitest'
import { parseSince } from '../../../src/cli/parse-since.ts'

describe('--since', () => {
  it.each([
    ['90s', 910_000],
    ['10m', 400_000],
    ['2h', 0],
    ['1970-01-01T00:00:05Z', 5000],
    ['1970-01-01T01:00:05.5+01:00', 5500],
  ])('%s is a time', (text, expected) => {
    expect(parseSince(text, 1_000_000)).toBe(expected)
  })

  it.each(['', '10', '10 m', 'yesterday', '2026-13-01T00:00:00Z', '2026-11-25', '-5m'])(
    '%j is refused',
    (text) => {
      expect(() => parseSince(text)).toThrow('--since')
    },
  )
})

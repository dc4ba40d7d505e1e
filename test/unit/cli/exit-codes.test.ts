import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/exit-codes.ts'
import { errorTable, type ErrorCode } from '../../../src/domain/index.ts'

describe('exit codes', () => {
  it('are never 0 for an error', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[])
      expect(exitCodeOf(code), code).toBeGreaterThan(0)
  })

  it.each([
    ['spec_invalid', 2],
    ['job_not_found', 3],
    ['requester_unreachable', 4],
    ['timed_out', 5],
    ['interrupted', 130],
    ['internal', 1],
  ] as const)('of %s is %d', (code, expected) => {
    expect(exitCodeOf(code)).toBe(expected)
  })
})

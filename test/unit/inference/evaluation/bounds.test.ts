import { describe, expect, it } from 'vitest'
import { checkBounds, median, quantile, type Scores } from '../../../../src/inference/evaluation/index.ts'

const scores: Scores = {
  truths: 10,
  found: 9,
  events: 10,
  right: 9,
  recall: 0.9,
  precision: 0.9,
  f1: 0.9,
  footageSeconds: 3600,
  falsePerHour: 1,
  coverage: 0.95,
  startError: { median: 0.2, p95: 0.5 },
  endError: { median: 0.4, p95: 2 },
  eventsPerVisit: 1.1,
  keptRatio: 0.06,
}

describe('bounds', () => {
  it('are checked only where they were set, and kept at the limit itself', () => {
    expect(checkBounds(scores, {})).toEqual([])
    expect(checkBounds(scores, { minRecall: 0.9, maxFalsePerHour: 1 }).map(({ isKept }) => isKept)).toEqual([
      true,
      true,
    ])
  })

  it.each([
    [{ minRecall: 0.91 }],
    [{ minPrecision: 0.91 }],
    [{ minF1: 0.95 }],
    [{ minCoverage: 0.96 }],
    [{ maxFalsePerHour: 0.5 }],
    [{ maxStartError: 0.1 }],
    [{ maxEndError: 0.3 }],
    [{ maxEventsPerVisit: 1 }],
    [{ maxKept: 0.05 }],
  ])('are missed: %j', (bounds) => {
    expect(checkBounds(scores, bounds)).toMatchObject([{ isKept: false }])
  })

  it('are kept by a share of nothing, and missed by what cannot be told for lack of data', () => {
    const silent = { ...scores, recall: null, falsePerHour: null, keptRatio: null }
    const checks = checkBounds(silent, { minRecall: 0.9, maxFalsePerHour: 2, maxKept: 0.1 })
    expect(checks.map(({ isKept }) => isKept)).toEqual([true, false, false])
  })
})

describe('quantile and median', () => {
  it('are values of the list, or the mean of two', () => {
    expect(quantile([], 0.5)).toBeNull()
    expect(median([])).toBeNull()
    expect(median([3, 1])).toBe(2)
    expect(median([3, 1, 9])).toBe(3)
    expect(quantile([5, 1, 4, 2, 3], 0.95)).toBe(5)
    expect(quantile([5, 1, 4, 2, 3], 0.2)).toBe(1)
  })
})

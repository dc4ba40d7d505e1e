import { describe, expect, it } from 'vitest'
import {
  dollars,
  estimate,
  imageScenario,
  percent,
  seedPreset,
  type Provider,
} from '../../../src/cost/index.ts'

/** The guide’s three tables, as it prints them: before, with Bacalhau. */
const tables: Record<Provider, Record<string, readonly string[]>> = {
  aws: {
    storage: ['$210,500.00', '$21,050.00'],
    requests: ['$750.00', '$500.00'],
    ai: ['$47,200.00', '$47,200.00'],
    sum: ['$258,450.00', '$68,750.00'],
    savings: ['73.40%'],
  },
  gcp: {
    storage: ['$200,000.00', '$20,000.00'],
    requests: ['$750.00', '$500.00'],
    ai: ['$102,498.50', '$102,498.50'],
    sum: ['$303,248.50', '$122,998.50'],
    savings: ['59.44%'],
  },
  azure: {
    storage: ['$160,500.00', '$16,050.00'],
    requests: ['$300.00', '$200.00'],
    ai: ['$60,850.00', '$60,850.00'],
    sum: ['$221,650.00', '$77,100.00'],
    savings: ['65.22%'],
  },
}

describe('the preset seed-2023', () => {
  it.each(['aws', 'gcp', 'azure'] as const)('gives every cell of the guide’s table of %s', (provider) => {
    const { lines, before, after, savings, notPriced } = estimate(
      seedPreset.prices[provider],
      imageScenario(seedPreset.images),
    )
    expect(notPriced).toEqual([])
    expect({
      ...Object.fromEntries(lines.map((line) => [line.kind, [dollars(line.before), dollars(line.after)]])),
      sum: [dollars(before), dollars(after)],
      savings: [percent(savings ?? 0n)],
    }).toEqual(tables[provider])
  })

  it('is exact below the cent too', () => {
    for (const provider of ['aws', 'gcp', 'azure'] as const) {
      const { lines } = estimate(seedPreset.prices[provider], imageScenario(seedPreset.images))
      for (const { before, after } of lines) expect([before % 10_000n, after % 10_000n]).toEqual([0n, 0n])
    }
  })
})

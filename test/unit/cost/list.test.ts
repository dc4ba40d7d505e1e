import { describe, expect, it } from 'vitest'
import {
  dollars,
  estimate,
  footageScenario,
  listPreset,
  providers,
  seedPreset,
  type LineKind,
  type Provider,
} from '../../../src/cost/index.ts'

function cells(provider: Provider, kind: LineKind, footage = listPreset.footage): readonly string[] {
  const { lines } = estimate(listPreset.prices[provider], footageScenario(footage))
  return lines
    .filter((line) => line.kind === kind)
    .flatMap(({ before, after }) => [dollars(before), dollars(after)])
}

describe('the preset list', () => {
  it('stores ten cameras for a year, month by month', () => {
    expect(cells('aws', 'storage')).toEqual(['$126,449.15', '$13,164.06'])
    expect(cells('gcp', 'storage')).toEqual(['$115,632.00', '$11,563.20'])
    expect(cells('azure', 'storage')).toEqual(['$99,499.45', '$10,313.35'])
  })

  it('asks an AI of the cloud for every minute before, and for none with edge', () => {
    expect(cells('aws', 'ai')).toEqual(['$525,600.00', '$0.00'])
    expect(cells('gcp', 'ai')).toEqual(['$524,400.00', '$0.00'])
  })

  it('downloads a tenth either way, and all of it when all is kept', () => {
    expect(cells('aws', 'download')).toEqual(['$8,564.40', '$8,564.40'])
    expect(cells('gcp', 'download')).toEqual(['$10,722.48', '$10,722.48'])
    expect(cells('azure', 'download')).toEqual(['$8,278.92', '$8,278.92'])
    const all = { ...listPreset.footage, keptShare: 1_000_000n, downloadShare: 1_000_000n }
    expect(cells('aws', 'download', all)).toEqual(['$77,174.40', '$77,174.40'])
    expect(cells('gcp', 'download', all)).toEqual(['$80,897.28', '$80,897.28'])
    expect(cells('azure', 'download', all)).toEqual(['$75,826.32', '$75,826.32'])
  })

  it('pays for the nodes with edge, at the guide’s own rate', () => {
    for (const provider of providers) expect(cells(provider, 'nodes')).toEqual(['$0.00', '$57,816.00'])
  })

  it('says what has no price, and gives no savings then', () => {
    const { notPriced, savings, lines } = estimate(
      listPreset.prices.azure,
      footageScenario(listPreset.footage),
    )
    expect(notPriced).toEqual(['ai'])
    expect(savings).toBeUndefined()
    expect(lines.map(({ kind }) => kind)).not.toContain('ai')
  })

  it('names date and source of every figure of every preset', () => {
    for (const { prices } of [listPreset, seedPreset]) {
      for (const meter of providers.flatMap((provider) => Object.values(prices[provider]))) {
        expect(meter.asOf).toMatch(/^20\d\d(-\d\d){0,2}$/)
        expect(meter.source).toMatch(/^https:|^the guide/)
      }
    }
  })
})

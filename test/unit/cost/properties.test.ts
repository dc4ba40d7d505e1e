import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chargeFor, type Meter } from '../../../src/cost/meter.ts'
import {
  dollars,
  estimate,
  footageScenario,
  imageScenario,
  jobScenario,
  listPreset,
  providers,
  seedPreset,
  type Footage,
  type Scenario,
} from '../../../src/cost/index.ts'

const share = fc.bigInt({ min: 0n, max: 1_000_000n })
const provider = fc.constantFrom(...providers)
const footage: fc.Arbitrary<Footage> = fc.record({
  cameras: fc.bigInt({ min: 1n, max: 100_000n }),
  bytesPerCameraHour: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  recordedMsPerDay: fc.bigInt({ min: 1n, max: 86_400_000n }),
  months: fc.integer({ min: 1, max: 36 }),
  keptShare: share,
  downloadShare: share,
  nodeMsPerCameraHour: fc.bigInt({ min: 0n, max: 10n ** 9n }),
})
const scenario: fc.Arbitrary<Scenario> = fc.oneof(
  footage.map(footageScenario),
  fc
    .record({
      scannedBytes: fc.bigInt({ min: 0n, max: 10n ** 16n }),
      scannedMs: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      publishedBytes: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      nodeMs: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      months: fc.integer({ min: 1, max: 36 }),
    })
    .map(jobScenario),
)
const meter: fc.Arbitrary<Meter> = fc
  .record({
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 10 ** 6 }), fc.nat(10 ** 7)), { maxLength: 5 }),
    last: fc.nat(10 ** 7),
  })
  .map(({ steps, last }) => {
    let upTo = 0
    const tiers = steps.map(([width, microDollars]) => ({ upTo: (upTo += width), microDollars }))
    return { unit: 'GB', tiers: [...tiers, { microDollars: last }], source: 'test', asOf: '2026' }
  })

describe('an estimate', () => {
  it('sums to the micro-dollar: the lines are the total, whatever the volumes', () => {
    fc.assert(
      fc.property(provider, scenario, (name, volumes) => {
        const { lines, before, after } = estimate(listPreset.prices[name], volumes)
        expect(lines.reduce((sum, line) => sum + line.before, 0n)).toBe(before)
        expect(lines.reduce((sum, line) => sum + line.after, 0n)).toBe(after)
      }),
    )
  })

  it('never falls when more is kept', () => {
    fc.assert(
      fc.property(provider, footage, share, share, (name, volumes, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        const cost = (keptShare: bigint): bigint =>
          estimate(listPreset.prices[name], footageScenario({ ...volumes, keptShare })).after
        expect(cost(less) <= cost(more)).toBe(true)
        const seed = (keptShare: bigint): bigint =>
          estimate(seedPreset.prices[name], imageScenario({ ...seedPreset.images, keptShare })).after
        expect(seed(less) <= seed(more)).toBe(true)
      }),
    )
  })

  it('costs the same before, whatever is kept', () => {
    fc.assert(
      fc.property(provider, footage, share, (name, volumes, keptShare) => {
        const cost = (chosen: Footage): bigint =>
          estimate(listPreset.prices[name], footageScenario(chosen)).before
        expect(cost({ ...volumes, keptShare })).toBe(cost(volumes))
      }),
    )
  })
})

describe('a meter', () => {
  it('charges what the tiers say unit by unit, half a micro-dollar off at most', () => {
    fc.assert(
      fc.property(meter, fc.bigInt({ min: 0n, max: 10n ** 16n }), (price, bytes) => {
        let exact = 0n
        let from = 0n
        for (const { upTo, microDollars } of price.tiers) {
          const to = upTo === undefined ? bytes : BigInt(upTo) * 10n ** 9n
          const part = (to < bytes ? to : bytes) - from
          if (part <= 0n) break
          exact += part * BigInt(microDollars)
          from += part
        }
        const off = chargeFor(price, bytes) * 10n ** 9n - exact
        expect(from).toBe(bytes)
        expect(2n * (off < 0n ? -off : off) <= 10n ** 9n).toBe(true)
      }),
    )
  })

  it('never charges less for more', () => {
    const volume = fc.bigInt({ min: 0n, max: 10n ** 16n })
    fc.assert(
      fc.property(meter, volume, volume, (price, bytes, more) => {
        expect(chargeFor(price, bytes) <= chargeFor(price, bytes + more)).toBe(true)
      }),
    )
  })
})

describe('dollars', () => {
  it('are rounded to cents, or whole to the micro-dollar', () => {
    expect(dollars(258_450_000_000n)).toBe('$258,450.00')
    expect(dollars(5_000n)).toBe('$0.01')
    expect(dollars(4_999n)).toBe('$0.00')
    expect(dollars(-4_999n)).toBe('$0.00')
    expect(dollars(-1_234_560_000n)).toBe('-$1,234.56')
    expect(dollars(1n, 6)).toBe('$0.000001')
  })
})

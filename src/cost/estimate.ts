import { chargeFor, type Meter } from './meter.ts'
import type { PriceList } from './preset.ts'
import { roundedQuotient, shareOf } from './rounding.ts'
import { lineKinds, type LineKind, type Scenario, type Usage } from './usage.ts'

/** One line of both bills, in micro-dollars. */
export interface Line {
  readonly kind: LineKind
  readonly before: bigint
  readonly after: bigint
}

/** What a scenario costs at one provider, in micro-dollars; sums are those of the lines. */
export interface Estimate {
  readonly lines: readonly Line[]
  readonly before: bigint
  readonly after: bigint
  /** Hundredths of a percent of `before`, negative when edge costs more; absent when a line has no price. */
  readonly savings?: bigint
  /** Lines that the scenario needs and the price list does not have; they are in no sum. */
  readonly notPriced: readonly LineKind[]
}

/** Applies a price list to a scenario. */
export function estimate(prices: PriceList, scenario: Scenario): Estimate {
  const used = lineKinds.filter((kind) => [...scenario.before, ...scenario.after].some((bill) => bill[kind]))
  const lines = used.flatMap((kind) => {
    const meter = prices[kind]
    return meter === undefined ? [] : [lineOf(kind, meter, scenario)]
  })
  const notPriced = used.filter((kind) => prices[kind] === undefined)
  const before = sum(lines.map((line) => line.before))
  const after = sum(lines.map((line) => line.after))
  const isComparable = notPriced.length === 0 && before > 0n
  return { lines, before, after, notPriced, ...(isComparable ? { savings: savingsOf(before, after) } : {}) }
}

function lineOf(kind: LineKind, meter: Meter, scenario: Scenario): Line {
  const charge = (bills: readonly Usage[]): bigint =>
    sum(bills.map((bill) => chargeFor(meter, bill[kind] ?? 0n)))
  const before = charge(scenario.before)
  const share = kind === 'storage' ? scenario.storageCostPartsPerMillion : undefined
  return { kind, before, after: share === undefined ? charge(scenario.after) : shareOf(before, share) }
}

function savingsOf(before: bigint, after: bigint): bigint {
  const difference = before - after
  return difference < 0n
    ? -roundedQuotient(-difference * 10_000n, before)
    : roundedQuotient(difference * 10_000n, before)
}

function sum(parts: readonly bigint[]): bigint {
  return parts.reduce((total, part) => total + part, 0n)
}

import { dollars } from './money.ts'
import { roundedQuotient } from './rounding.ts'

/** What a price is for, as so many of the whole units that usage is counted in: bytes, milliseconds, pieces. */
const unitSizes = {
  'GB-month': 1_000_000_000n,
  GB: 1_000_000_000n,
  '1,000 requests': 1000n,
  '1,000 images': 1000n,
  minute: 60_000n,
  'node-hour': 3_600_000n,
} as const
export type Unit = keyof typeof unitSizes

/** The price of each unit up to a bound of the bill, counted in units from its beginning; the last tier has none. */
interface Tier {
  readonly upTo?: number
  readonly microDollars: number
}

/** One price of one provider: tiers, where it was read, and the date that it held. */
export interface Meter {
  readonly unit: Unit
  readonly tiers: readonly Tier[]
  readonly source: string
  /** ISO 8601, as exact as the source is: a year, a month or a day. */
  readonly asOf: string
  /** Another page that says the same of at least the first tier that costs anything. */
  readonly alsoSeenAt?: string
}

/** What a bill of so many bytes, milliseconds or pieces comes to, in micro-dollars: exact sums, rounded once. */
export function chargeFor(meter: Meter, quantity: bigint): bigint {
  const size = unitSizes[meter.unit]
  let numerator = 0n
  let from = 0n
  for (const { upTo, microDollars } of meter.tiers) {
    const bound = upTo === undefined ? quantity : BigInt(upTo) * size
    const to = bound < quantity ? bound : quantity
    if (to > from) numerator += (to - from) * BigInt(microDollars)
    from = to
  }
  return roundedQuotient(numerator, size)
}

/** A flat price that the reader gives. */
export function ownMeter(unit: Unit, microDollars: bigint): Meter {
  return {
    unit,
    tiers: [{ microDollars: Number(microDollars) }],
    source: 'your own figure',
    asOf: 'as given',
  }
}

/** `first 50,000: $0.023`, ..., one text a tier; the unit is the caller’s to name. */
export function tierTexts({ tiers }: Meter): readonly string[] {
  return tiers.map(({ upTo, microDollars }, index) => {
    const price = microDollars === 0 ? 'free' : shortest(dollars(BigInt(microDollars), 6))
    if (tiers.length === 1) return price
    if (upTo === undefined) return `then ${price}`
    return `${index === 0 ? 'first' : 'up to'} ${upTo.toLocaleString('en-US')}: ${price}`
  })
}

/** `$1.500000` as `$1.50`, `$0.017300` as `$0.0173`. */
function shortest(price: string): string {
  return price.replace(/0{1,4}$/, '')
}

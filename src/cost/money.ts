import { roundedQuotient } from './rounding.ts'

/**
 * Micro-dollars as people write dollars: `$258,450.00`, rounded to the digits asked for (2: cents; 6: all of it).
 */
export function dollars(microDollars: bigint, digits: 2 | 6 = 2): string {
  const isNegative = microDollars < 0n
  const parts = roundedQuotient(isNegative ? -microDollars : microDollars, 10n ** BigInt(6 - digits))
  const scale = 10n ** BigInt(digits)
  const whole = (parts / scale).toString().replace(/\B(?=(\d{3})+$)/g, ',')
  const sign = isNegative && parts > 0n ? '-' : ''
  return `${sign}$${whole}.${(parts % scale).toString().padStart(digits, '0')}`
}

/** Hundredths of a percent as `73.40%`. */
export function percent(hundredths: bigint): string {
  const size = hundredths < 0n ? -hundredths : hundredths
  return `${hundredths < 0n ? '-' : ''}${(size / 100n).toString()}.${(size % 100n).toString().padStart(2, '0')}%`
}

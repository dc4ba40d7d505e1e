import type { Meter } from './meter.ts'
import type { LineKind } from './usage.ts'

export const providers = ['aws', 'gcp', 'azure'] as const
export type Provider = (typeof providers)[number]

/** The prices of one provider; a line without one is not priced, which is said and not taken for nothing. */
export type PriceList = Readonly<Partial<Record<LineKind, Meter>>>

/** Prices with their sources, and what has to be known about them. */
export interface Preset {
  readonly name: string
  readonly what: string
  readonly prices: Readonly<Record<Provider, PriceList>>
  readonly notes: readonly string[]
}

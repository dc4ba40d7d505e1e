import type { Meter, Unit } from '../meter.ts'
import type { Preset } from '../preset.ts'
import type { Images } from '../scenarios.ts'

const source =
  'the guide “Edge-Based Machine Learning Inference”; inferred from its tables, which print sums only'
const asOf = '2023'
const meter = (unit: Unit, ...tiers: Meter['tiers']): Meter => ({ unit, tiers, source, asOf })

/** Round volumes, inferred: with these prices they give every cell of the guide’s three tables. */
export const seedImages: Images = {
  images: 100_000_000n,
  storedByteMonths: 10_000_000n * 1_000_000_000n,
  keptShare: 100_000n,
  requestsBefore: 1500n,
  requestsAfter: 1000n,
}

/** The guide’s tables, to the cent, with what is wrong with them. */
export const seedPreset: Preset & { readonly images: Images } = {
  name: 'seed-2023',
  what: 'the three tables of the guide, to the cent',
  images: seedImages,
  prices: {
    aws: {
      storage: meter('GB-month', { upTo: 500_000, microDollars: 22_000 }, { microDollars: 21_000 }),
      requests: meter('1,000 requests', { microDollars: 5000 }),
      ai: meter(
        '1,000 images',
        { upTo: 1000, microDollars: 0 },
        { upTo: 5000, microDollars: 800_000 },
        { upTo: 35_000, microDollars: 600_000 },
        { microDollars: 400_000 },
      ),
    },
    gcp: {
      storage: meter('GB-month', { microDollars: 20_000 }),
      requests: meter('1,000 requests', { microDollars: 5000 }),
      ai: meter(
        '1,000 images',
        { upTo: 1, microDollars: 0 },
        { upTo: 5000, microDollars: 1_500_000 },
        { microDollars: 1_000_000 },
      ),
    },
    azure: {
      storage: meter('GB-month', { upTo: 500_000, microDollars: 17_000 }, { microDollars: 16_000 }),
      requests: meter('1,000 requests', { microDollars: 2000 }),
      ai: meter(
        '1,000 images',
        { upTo: 1000, microDollars: 1_000_000 },
        { upTo: 10_000, microDollars: 650_000 },
        { microDollars: 600_000 },
      ),
    },
  },
  notes: [
    'AI services cost the same with edge, although the nodes do that work, and the nodes cost nothing. At the guide’s own rate (6 node-hours at $0.11 for an hour of one camera) ten cameras cost $57,816 a year.',
    'AWS’s AI leaves out the first million images at $1.00 for 1,000; with it AI is $48,200.',
    'AWS’s storage leaves out the first 50 TB at $0.023; Azure’s prices are cut to three digits. With the tiers of preset list, storage is $210,550 and $166,385.',
    'Storage with edge is a tenth of the money, not of the volume: its tiers do not begin anew.',
    'The volumes do not fit the guide’s example: 10 PB-months against “approximately 1 PB” a year, and 100 million images are a picture every three seconds of each camera, not 60 a second.',
    'Azure’s $0.002 for 1,000 requests is on no price list that was found.',
  ],
}

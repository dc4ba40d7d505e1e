import type { Meter } from '../meter.ts'
import type { Preset, PriceList } from '../preset.ts'
import type { Footage } from '../scenarios.ts'

const readOn = '2026-11-23'

/** Bounds of transfer tiers are in binary TB, as the bills are. */
const TB = 1024

const nodes: Meter = {
  unit: 'node-hour',
  tiers: [{ microDollars: 110_000 }],
  source: 'the guide: an e2-standard-8 spot instance',
  asOf: '2023',
}

const freeUpload = (source: string, asOf: string): Meter => ({
  unit: 'GB',
  tiers: [{ microDollars: 0 }],
  source,
  asOf,
})

const aws: PriceList = {
  storage: {
    unit: 'GB-month',
    tiers: [
      { upTo: 50_000, microDollars: 23_000 },
      { upTo: 500_000, microDollars: 22_000 },
      { microDollars: 21_000 },
    ],
    source: 'https://aws.amazon.com/s3/pricing/ (S3 Standard, US East)',
    asOf: readOn,
    alsoSeenAt: 'https://gist.github.com/EverettBerry/a37438006529a55f42da6fdbc44a505c (2022-07-07)',
  },
  upload: freeUpload('https://cloud-cost-557.pages.dev/blog/estimate-aws-data-transfer-bill/', '2026-06-10'),
  download: {
    unit: 'GB',
    tiers: [
      { upTo: 100, microDollars: 0 },
      { upTo: 10 * TB, microDollars: 90_000 },
      { upTo: 50 * TB, microDollars: 85_000 },
      { upTo: 150 * TB, microDollars: 70_000 },
      { microDollars: 50_000 },
    ],
    source: 'https://thenegotiationexperts.com/blog/aws-egress-data-transfer-cost-negotiation/',
    asOf: '2026',
    alsoSeenAt: 'https://cloudtoolstack.com/blog/cloud-egress-cost-optimization (early 2026)',
  },
  ai: {
    unit: 'minute',
    tiers: [{ microDollars: 100_000 }],
    source: 'https://aws.amazon.com/rekognition/pricing/ (stored video, labels)',
    asOf: readOn,
  },
  nodes,
}

const gcp: PriceList = {
  storage: {
    unit: 'GB-month',
    tiers: [{ microDollars: 20_000 }],
    source: 'https://cloud.google.com/storage/pricing (Standard, us-east1)',
    asOf: readOn,
    alsoSeenAt: 'https://cloud.google.com/storage/pricing-examples',
  },
  upload: freeUpload('https://atonementlicensing.com/blog/gcp-egress-negotiation/', '2026-05'),
  download: {
    unit: 'GB',
    tiers: [
      { upTo: TB, microDollars: 120_000 },
      { upTo: 10 * TB, microDollars: 110_000 },
      { microDollars: 80_000 },
    ],
    source: 'https://cloudtoolstack.com/blog/cloud-egress-cost-optimization (Premium Tier)',
    asOf: '2026',
    alsoSeenAt:
      'https://cloud.google.com/storage/pricing-examples ($0.12), https://atonementlicensing.com/blog/gcp-egress-negotiation/ ($0.08 to $0.12, early 2026)',
  },
  ai: {
    unit: 'minute',
    tiers: [{ upTo: 1000, microDollars: 0 }, { microDollars: 100_000 }],
    source: 'https://cloud.google.com/video-intelligence/pricing (stored video, labels)',
    asOf: readOn,
    alsoSeenAt: 'its worked example: 366.66 minutes above the free 1,000 are $36.67',
  },
  nodes,
}

/** No `ai`: no source could be named for a price of Azure Video Indexer. */
const azure: PriceList = {
  storage: {
    unit: 'GB-month',
    tiers: [
      { upTo: 50_000, microDollars: 18_000 },
      { upTo: 500_000, microDollars: 17_300 },
      { microDollars: 16_600 },
    ],
    source: 'https://azure.microsoft.com/en-us/pricing/details/storage/blobs/ (hot, LRS)',
    asOf: readOn,
    alsoSeenAt:
      'https://akave.com/blog/what-are-egress-fees-the-complete-guide-for-data-engineers (2026-05-07)',
  },
  upload: freeUpload(
    'https://cloudcostroom.pages.dev/blog/azure-bandwidth-and-egress-pricing-what-you-pay-to-leave.html',
    '2026-05',
  ),
  download: {
    unit: 'GB',
    tiers: [
      { upTo: 100, microDollars: 0 },
      { upTo: 10 * TB, microDollars: 87_000 },
      { upTo: 50 * TB, microDollars: 83_000 },
      { upTo: 150 * TB, microDollars: 70_000 },
      { microDollars: 50_000 },
    ],
    source: 'https://cloudtoolstack.com/blog/cloud-egress-cost-optimization',
    asOf: '2026',
    alsoSeenAt: 'https://c3x.dev/blog/azure-egress-bandwidth-cost/',
  },
  nodes,
}

/** The guide’s example: ten cameras in 4K, 110 GB an hour together, around the clock, for a year; a tenth is kept. */
const footage: Footage = {
  cameras: 10n,
  bytesPerCameraHour: 11_000_000_000n,
  recordedMsPerDay: 86_400_000n,
  months: 12,
  keptShare: 100_000n,
  downloadShare: 100_000n,
  nodeMsPerCameraHour: 6n * 3_600_000n,
}

/** Public list prices for footage, month by month, with the nodes that do the work. */
export const listPreset: Preset & { readonly footage: Footage } = {
  name: 'list',
  what: 'public list prices, applied to footage month by month, with the nodes that do the work',
  footage,
  prices: { aws, gcp, azure },
  notes: [
    'Azure has no price for AI services: none could be found whose source can be named. Its sums leave the line out, and no savings are given; --ai-price gives one.',
    'A year or a day is when the source gives the price; vendors change theirs. Prices with one source were not seen on a second page; second pages confirm the first paid tier, not all of them.',
    'A GB is 10^9 bytes. Vendors bill binary GB, which makes their bills up to 7% lower. Storage tiers are taken in thousands of GB, transfer tiers in 1,024s.',
    'Upload is free at all three; the line to the Internet is not, see --upload-price. Left out: requests (below a dollar a year for files of an hour), taxes, discounts, deletion: all that is stored stays.',
    'Nodes cost what the guide paid in 2023: 2 instances at $0.11 for 3 hours look at every frame of an hour of footage. edge looks at fewer; measure by `edge bench`, or take a job’s own time by --from-job.',
    'AI for streams can be far cheaper than by the minute: Vertex AI Vision takes $10 a month and stream (https://cloud.google.com/vision-ai/pricing), $1,200 a year for ten cameras. Then upload and storage decide, and nodes at the guide’s rate cost more than they save on AI.',
  ],
}

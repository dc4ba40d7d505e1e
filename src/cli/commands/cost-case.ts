import {
  footageScenario,
  imageScenario,
  jobScenario,
  listPreset,
  ownMeter,
  providers,
  seedPreset,
  type JobVolumes,
  type Preset,
  type PriceList,
  type Provider,
  type Scenario,
} from '../../cost/index.ts'
import { decimal, type OwnFigures } from './cost-figures.ts'

/** What is to be estimated: volumes, prices, and the figures behind them as people and programs read them. */
export interface CostCase {
  readonly preset: string
  readonly title: string
  readonly figures: Readonly<Record<string, string>>
  readonly scenario: Scenario
  readonly prices: Readonly<Record<Provider, PriceList>>
  /** A line that goes on from here. */
  readonly next?: string
}

/** Footage by the list of prices, with the reader’s own figures in place of the preset’s. */
export function footageCase(own: OwnFigures): CostCase {
  const preset = listPreset.footage
  const keptShare = own.keptShare ?? preset.keptShare
  const hoursPerDay = own.hoursPerDay ?? 24_000n
  const nodeHours = own.nodeHoursPerCameraHour ?? 6_000_000n
  const footage = {
    cameras: own.cameras ?? preset.cameras,
    bytesPerCameraHour: own.gbPerCameraHour ?? preset.bytesPerCameraHour,
    recordedMsPerDay: hoursPerDay * 3600n,
    months: Number(own.months ?? preset.months),
    keptShare,
    downloadShare: own.downloadShare ?? keptShare,
    nodeMsPerCameraHour: (nodeHours * 3600n) / 1000n,
  }
  const figures = {
    cameras: footage.cameras.toString(),
    gbPerCameraHour: decimal(footage.bytesPerCameraHour, 9),
    hoursPerDay: decimal(hoursPerDay, 3),
    months: String(footage.months),
    keptShare: decimal(keptShare, 6),
    downloadShare: decimal(footage.downloadShare, 6),
    nodeHoursPerCameraHour: decimal(nodeHours, 6),
  }
  const cameras = `${figures.cameras} ${figures.cameras === '1' ? 'camera' : 'cameras'}`
  const time = `${figures.hoursPerDay} hours a day, ${figures.months} ${figures.months === '1' ? 'month' : 'months'}`
  return {
    preset: listPreset.name,
    title: `${cameras}, ${figures.gbPerCameraHour} GB an hour each, ${time}; ${decimal(keptShare, 4)}% kept`,
    figures,
    scenario: footageScenario(footage),
    prices: withOwnPrices(listPreset, own),
  }
}

/** The guide’s tables, or the same arithmetic with other volumes. */
export function imageCase(own: OwnFigures): CostCase {
  const preset = seedPreset.images
  const images = own.images ?? preset.images
  const gbMonths = own.gbMonths ?? preset.storedByteMonths / 1_000_000_000n
  const keptShare = own.keptShare ?? preset.keptShare
  return {
    preset: seedPreset.name,
    title: `${images.toLocaleString('en-US')} images, ${gbMonths.toLocaleString('en-US')} GB-months; ${decimal(keptShare, 4)}% kept`,
    figures: { images: images.toString(), gbMonths: gbMonths.toString(), keptShare: decimal(keptShare, 6) },
    scenario: imageScenario({ ...preset, images, storedByteMonths: gbMonths * 1_000_000_000n, keptShare }),
    prices: withOwnPrices(seedPreset, own),
  }
}

/** What a job looked at and published, by the list of prices. */
export function jobCase(job: Omit<JobVolumes, 'months'>, own: OwnFigures, title: string): CostCase {
  const months = Number(own.months ?? 1n)
  return {
    preset: listPreset.name,
    title: `${title}; stored ${months} ${months === 1 ? 'month' : 'months'}`,
    figures: {
      scannedBytes: job.scannedBytes.toString(),
      scannedSeconds: decimal(job.scannedMs, 3),
      publishedBytes: job.publishedBytes.toString(),
      nodeSeconds: decimal(job.nodeMs, 3),
      months: String(months),
    },
    scenario: jobScenario({ ...job, months }),
    prices: withOwnPrices(listPreset, own),
    ...(job.scannedMs === 0n ? {} : { next: `A year of ten cameras like this: edge cost ${likeThis(job)}` }),
  }
}

/** The flags that a year of such footage has: what a camera records, what is kept, what nodes need. */
function likeThis({ scannedBytes, scannedMs, publishedBytes, nodeMs }: Omit<JobVolumes, 'months'>): string {
  const million = 1_000_000n
  const kept = (publishedBytes * million) / scannedBytes
  return [
    `--gb-per-camera-hour ${decimal((scannedBytes * 3600n) / scannedMs, 6)}`,
    `--kept-share ${decimal(kept > million ? million : kept, 6)}`,
    `--node-hours-per-camera-hour ${decimal((nodeMs * million) / scannedMs, 6)}`,
  ].join(' ')
}

function withOwnPrices({ prices }: Preset, own: OwnFigures): Readonly<Record<Provider, PriceList>> {
  const { storagePrice, uploadPrice, downloadPrice, aiPrice, nodePrice } = own
  const given: PriceList = {
    ...(storagePrice === undefined ? {} : { storage: ownMeter('GB-month', storagePrice) }),
    ...(uploadPrice === undefined ? {} : { upload: ownMeter('GB', uploadPrice) }),
    ...(downloadPrice === undefined ? {} : { download: ownMeter('GB', downloadPrice) }),
    ...(aiPrice === undefined ? {} : { ai: ownMeter('minute', aiPrice) }),
    ...(nodePrice === undefined ? {} : { nodes: ownMeter('node-hour', nodePrice) }),
  }
  const of = (provider: Provider): PriceList => ({ ...prices[provider], ...given })
  const [aws, gcp, azure] = providers
  return { aws: of(aws), gcp: of(gcp), azure: of(azure) }
}

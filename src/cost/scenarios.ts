import { roundedQuotient, shareOf } from './rounding.ts'
import type { Scenario, Usage } from './usage.ts'

/** Cameras that record by the clock, and what is kept of it. Shares are parts per million. */
export interface Footage {
  readonly cameras: bigint
  readonly bytesPerCameraHour: bigint
  readonly recordedMsPerDay: bigint
  readonly months: number
  readonly keptShare: bigint
  readonly downloadShare: bigint
  /** Milliseconds that a node works on an hour of one camera. */
  readonly nodeMsPerCameraHour: bigint
}

const hourMs = 3_600_000n
/** A twelfth of 365 days. */
const hoursPerMonth = 730n

/**
 * A bill a month; what was stored stays, so that storage grows and each month is billed by its middle. Before: all is
 * uploaded, stored and looked at by the cloud’s AI. With edge: nodes look at it, the kept share is uploaded and stored.
 * What people download is the same, as far as it was kept.
 */
export function footageScenario(footage: Footage): Scenario {
  const { cameras, recordedMsPerDay, bytesPerCameraHour, keptShare, downloadShare } = footage
  const ms = roundedQuotient(cameras * recordedMsPerDay * hoursPerMonth, 24n)
  const bytes = roundedQuotient(ms * bytesPerCameraHour, hourMs)
  const kept = shareOf(bytes, keptShare)
  const download = shareOf(bytes, downloadShare)
  const nodes = roundedQuotient(ms * footage.nodeMsPerCameraHour, hourMs)
  const months = Array.from({ length: footage.months }, (_, index) => BigInt(index))
  const stored = (perMonth: bigint, month: bigint): bigint =>
    roundedQuotient(perMonth * (2n * month + 1n), 2n)
  return {
    before: months.map((month) => ({ storage: stored(bytes, month), upload: bytes, download, ai: ms })),
    after: months.map((month) => ({
      storage: stored(kept, month),
      upload: kept,
      download: download < kept ? download : kept,
      nodes,
    })),
  }
}

/** Pictures, billed once, as the tables of the guide have it. Requests are thousandths for each picture. */
export interface Images {
  readonly images: bigint
  readonly storedByteMonths: bigint
  readonly keptShare: bigint
  readonly requestsBefore: bigint
  readonly requestsAfter: bigint
}

/** With edge, storage costs the kept share of what it cost before, fewer requests are made, and AI costs the same. */
export function imageScenario(volumes: Images): Scenario {
  const { images, storedByteMonths, keptShare } = volumes
  const requests = (thousandths: bigint): bigint => roundedQuotient(images * thousandths, 1000n)
  return {
    before: [{ storage: storedByteMonths, requests: requests(volumes.requestsBefore), ai: images }],
    after: [
      {
        storage: shareOf(storedByteMonths, keptShare),
        requests: requests(volumes.requestsAfter),
        ai: images,
      },
    ],
    storageCostPartsPerMillion: keptShare,
  }
}

/** What a job looked at and brought back. */
export interface JobVolumes {
  readonly scannedBytes: bigint
  readonly scannedMs: bigint
  readonly publishedBytes: bigint
  readonly nodeMs: bigint
  /** How long what is uploaded stays stored. */
  readonly months: number
}

/** Before: all that was scanned goes to the cloud. With edge: what was published does. The published is downloaded once. */
export function jobScenario(job: JobVolumes): Scenario {
  const { scannedBytes, scannedMs, publishedBytes, nodeMs } = job
  const later = (storage: bigint): Usage[] => Array.from({ length: job.months - 1 }, () => ({ storage }))
  return {
    before: [
      { storage: scannedBytes, upload: scannedBytes, download: publishedBytes, ai: scannedMs },
      ...later(scannedBytes),
    ],
    after: [
      { storage: publishedBytes, upload: publishedBytes, download: publishedBytes, nodes: nodeMs },
      ...later(publishedBytes),
    ],
  }
}

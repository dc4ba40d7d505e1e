import { ExecutionId, JobId, JobSpec, NodeId } from '../../src/domain/index.ts'
import type { JobRecord, JobSpecInput, NodeRecord, Reason, ResultSummary } from '../../src/domain/index.ts'

/** Records for tests of stores. The number makes the id: the same number is the same id, everywhere. */

const uuidOf = (number: number): string =>
  `${number.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

export const jobIdOf = (number: number): JobId => JobId.parse(uuidOf(number))
export const executionIdOf = (number: number): ExecutionId => ExecutionId.parse(`e-${uuidOf(number)}`)
export const nodeIdOf = (number: number): NodeId =>
  NodeId.parse(`12D3KooW${String(number).replaceAll('0', 'z').padStart(44, 'A')}`)

export const startMs = Date.UTC(2026, 0, 1)

export function specOf(input: Partial<JobSpecInput> = {}): JobSpec {
  return JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' }, ...input })
}

export function jobOf(
  number: number,
  { spec = {}, ...rest }: Partial<Omit<JobRecord, 'spec'>> & { spec?: Partial<JobSpecInput> } = {},
): JobRecord {
  const createdAtMs = startMs + number
  return {
    id: jobIdOf(number),
    spec: specOf(spec),
    state: 'Pending',
    revision: 0,
    createdAtMs,
    updatedAtMs: createdAtMs,
    ...rest,
  }
}

export function nodeOf(number: number, rest: Partial<NodeRecord> = {}): NodeRecord {
  return {
    id: nodeIdOf(number),
    approval: 'approved',
    info: {
      name: `node-${number}`,
      version: '0.1.0',
      labels: { site: 'north' },
      engines: [{ type: 'noop', detail: 'always' }],
      sources: ['localDirectory'],
      capacity: { cpu: 4, memoryBytes: 1_000_000, diskBytes: 2 ** 40, gpu: 0 },
      free: { cpu: 2.5, memoryBytes: 500_000, diskBytes: 2 ** 40, gpu: 0 },
      allowedPaths: ['/videos:ro'],
      maxConcurrent: 2,
      devices: [],
    },
    bootId: 'boot-1',
    dataEpoch: 'epoch-1',
    ackedReportSeq: 0,
    firstSeenAtMs: startMs,
    lastSeenAtMs: startMs,
    duty: 'active',
    setLabels: {},
    ...rest,
  }
}

export const reasonOf = (message: string): Reason => ({ code: 'engine_failed', message })

export const resultOf = (events: number): ResultSummary => ({
  cid: 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
  bytes: 10,
  files: 2,
  scannedFiles: 1,
  scannedBytes: 1000,
  scannedSeconds: 12.5,
  events,
  clips: events,
})

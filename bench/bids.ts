/**
 * How long a compute node takes to answer an offer whose input folder holds many files: the real daemon, SQLite store and
 * allow-listed folder in one process, asked over the in-memory network.
 *   node bench/bids.ts --files 10000 --bids 20
 */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCompute } from '../src/compute/index.ts'
import { ExecutionId, JobId, JobSpec } from '../src/domain/index.ts'
import { createNoopEngine } from '../src/engines/noop/index.ts'
import { createMemoryHub } from '../src/network/index.ts'
import { createLocalPublisher } from '../src/publishers/index.ts'
import { createLocalDirectorySource, parseAllowList } from '../src/sources/index.ts'
import { createSqliteComputeStore } from '../src/stores/index.ts'
import { systemClock } from '../src/utils/system-clock.ts'
import { QuietLog } from '../test/support/quiet-log.ts'
import { nodeIdOf } from '../test/support/records.ts'
import { ScriptedRequester } from '../test/support/scripted-requester.ts'

const { values } = parseArgs({
  options: { files: { type: 'string', default: '10000' }, bids: { type: 'string', default: '20' } },
})
const [files, bids] = [Number(values.files), Number(values.bids)]
const place = await mkdtemp(join(tmpdir(), 'edge-bench-'))
const undo: (() => Promise<void>)[] = [() => rm(place, { recursive: true, force: true })]

try {
  const videos = join(place, 'videos')
  await fill(videos)
  const requester = await startNode(videos)
  const times: number[] = []
  const before = process.cpuUsage()
  for (let index = 0; index < bids; index++) {
    const offer = offerOf(videos, index)
    const askedAt = performance.now()
    const bid = await requester.offer(offer)
    times.push(performance.now() - askedAt)
    if (!bid.accepted || bid.matchedFiles !== files)
      throw new Error(`not as expected: ${JSON.stringify(bid)}`)
    await requester.cancel(offer)
  }
  const { user, system } = process.cpuUsage(before)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string => (sorted[Math.ceil(part * sorted.length) - 1] ?? NaN).toFixed(1)
  console.log(
    `${String(bids)} bids over ${String(files)} files: first ${(times[0] ?? NaN).toFixed(1)} ms, p50 ${at(0.5)} ms, max ${at(1)} ms; CPU time ${((user + system) / 1000 / bids).toFixed(1)} ms a bid`,
  )
} finally {
  for (const each of undo.reverse()) await each()
}

async function fill(videos: string): Promise<void> {
  for (let folder = 0; folder < Math.ceil(files / 100); folder++) {
    const path = join(videos, `day-${String(folder)}`)
    await mkdir(path, { recursive: true })
    const count = Math.min(100, files - folder * 100)
    await Promise.all(
      Array.from({ length: count }, (_, file) => writeFile(join(path, `${String(file)}.mp4`), 'video')),
    )
  }
}

async function startNode(videos: string): Promise<ScriptedRequester> {
  const hub = createMemoryHub()
  const [network, other] = [hub.network(nodeIdOf('edge')), hub.network(nodeIdOf('req'))]
  const log = new QuietLog()
  const store = createSqliteComputeStore({ path: join(place, 'compute.db'), log })
  const requester = new ScriptedRequester(other, network.self)
  const compute = createCompute({
    store,
    network,
    requesterAddress: `/memory/${other.self}`,
    engines: [createNoopEngine({ clock: systemClock })],
    sources: [createLocalDirectorySource({ allowList: parseAllowList([videos]), denied: [] })],
    publishers: [createLocalPublisher({ directory: join(place, 'published') })],
    clock: systemClock,
    log,
    newId: randomUUID,
    random: Math.random,
    info: { name: 'edge', labels: {}, version: '0.1.0' },
    dataDir: place,
    capacity: { cpu: 4, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 0 },
    maxConcurrent: 2,
  })
  for (const part of [network, other, store, compute]) {
    undo.push(() => part.stop())
    await part.start()
  }
  await requester.joined()
  return requester
}

function offerOf(videos: string, index: number): Parameters<ScriptedRequester['offer']>[0] {
  const source = { type: 'localDirectory', path: videos }
  const spec = JobSpec.parse({
    apiVersion: 'edge/v1',
    engine: { type: 'noop' },
    inputs: [{ source, target: '/videos' }],
  })
  return {
    executionId: ExecutionId.parse(`e-${randomUUID()}`),
    jobId: JobId.parse(randomUUID()),
    token: index + 1,
    spec,
  }
}

import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createCompute } from '../../src/compute/index.ts'
import type { Compute, ComputeInit, ComputeTimings } from '../../src/compute/index.ts'
import type { JobSpecInput } from '../../src/domain/index.ts'
import { createNoopEngine } from '../../src/engines/noop/index.ts'
import { createMemoryHub } from '../../src/network/memory/index.ts'
import type { ComputeStore, InputSource, Network, Publisher } from '../../src/ports/index.ts'
import { createLocalPublisher } from '../../src/publishers/local/index.ts'
import { createLocalDirectorySource, parseAllowList } from '../../src/sources/index.ts'
import { createMemoryComputeStore } from '../../src/stores/memory/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { ObedientEngine } from './obedient-engine.ts'
import { QuietLog } from './quiet-log.ts'
import { nodeIdOf } from './records.ts'
import { ScriptedRequester } from './scripted-requester.ts'
import { tempDir } from './temp-dir.ts'

/** Fast, so that tests need not wait; nothing depends on the numbers. */
const timings: Partial<ComputeTimings> = {
  approvalPollMs: 10,
  rejoinMs: 5,
  publishRetryMinMs: 5,
  publishRetryMaxMs: 20,
  crashPauseMs: 1,
  inputGraceMs: 50,
  sweepMs: 10,
}

/** A compute node and its scripted requester in one process, that can be cut apart and restarted. */
export interface ComputeNode {
  readonly dir: string
  /** An allow-listed folder with one video. */
  readonly videos: string
  readonly store: ComputeStore
  readonly engine: ObedientEngine
  readonly publisher: Publisher
  readonly source: InputSource
  readonly requester: ScriptedRequester
  readonly log: QuietLog
  compute: Compute
  cut(options?: { isSilent?: boolean }): void
  heal(): void
  /** Another node of the same network, that is not the requester. */
  stranger(): Promise<Network>
  /** Stops the daemon in an orderly way and starts another one on what is on disk. */
  restart(change?: Partial<ComputeInit>): Promise<void>
  /** What the engine does instead of an order, e.g. `hang: 'good'`. */
  readonly orders: Record<string, string>
  /** An onnx spec over the videos that tells the engine what to do. */
  work(order: string, spec?: Partial<JobSpecInput>): Partial<JobSpecInput>
}

export interface ComputeNodeOptions extends Partial<Omit<ComputeInit, 'timings'>> {
  readonly timings?: Partial<ComputeTimings>
  /** Default: the daemon is started and has joined. */
  readonly isStarted?: boolean
}

export async function computeNode({
  isStarted = true,
  ...change
}: ComputeNodeOptions = {}): Promise<ComputeNode> {
  const dir = await tempDir()
  const videos = join(dir, 'videos')
  await mkdir(videos)
  await writeFile(join(videos, 'gate.mp4'), 'twenty bytes of video')
  const hub = createMemoryHub()
  const [network, requesterNetwork] = [hub.network(nodeIdOf('edge')), hub.network(nodeIdOf('req'))]
  const store = change.store ?? createMemoryComputeStore()
  const engine = new ObedientEngine()
  const log = new QuietLog()
  const source = createLocalDirectorySource({ allowList: parseAllowList([videos]), denied: [] })
  const publisher = createLocalPublisher({ directory: join(dir, 'published') })
  const requester = new ScriptedRequester(requesterNetwork, network.self)
  await Promise.all([network.start(), requesterNetwork.start(), store.start()])
  let current: Network = network
  const make = (more: Partial<ComputeInit> = {}): Compute =>
    createCompute({
      store,
      network: current,
      requesterAddress: `/memory/${requesterNetwork.self}`,
      engines: [engine, createNoopEngine({ clock: systemClock })],
      sources: [source],
      publishers: [publisher],
      clock: systemClock,
      log,
      newId: randomUUID,
      random: Math.random,
      info: { name: 'edge', labels: { site: 'north' }, version: '0.1.0' },
      allowedPaths: [videos],
      dataDir: dir,
      capacity: { cpu: 4, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 0 },
      maxConcurrent: 2,
      ...change,
      ...more,
      timings: { ...timings, ...change.timings, ...more.timings },
    })
  const node: ComputeNode = {
    dir,
    videos,
    store,
    engine,
    publisher,
    source,
    requester,
    log,
    orders: engine.instead,
    compute: make(),
    cut: (options) => {
      hub.cut(network.self, requesterNetwork.self, options)
    },
    heal: () => {
      hub.heal(network.self, requesterNetwork.self)
    },
    stranger: async () => {
      const stranger = hub.network(nodeIdOf('evil'))
      await stranger.start()
      const link = stranger.keepLink(`/memory/${network.self}`)
      await link.peer
      onTestFinished(() => stranger.stop())
      return stranger
    },
    restart: async (more) => {
      await node.compute.stop()
      await current.stop()
      current = hub.network(network.self)
      await current.start()
      node.compute = make(more)
      await node.compute.start()
    },
    work: (order, spec = {}) => ({
      engine: { type: 'onnx', model: order },
      inputs: [{ source: { type: 'localDirectory', path: videos }, target: '/videos' }],
      ...spec,
    }),
  }
  onTestFinished(async () => {
    await node.compute.stop()
    await Promise.all([current.stop(), requesterNetwork.stop()])
    await store.stop()
  })
  if (isStarted) {
    await node.compute.start()
    await requester.joined()
  }
  return node
}

import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCompute } from '../../src/compute/index.ts'
import { createNoopEngine } from '../../src/engines/noop/index.ts'
import { createMemoryHub } from '../../src/network/memory/index.ts'
import { createLocalPublisher } from '../../src/publishers/local/index.ts'
import { createMemoryComputeStore } from '../../src/stores/memory/index.ts'
import { createSqliteComputeStore } from '../../src/stores/index.ts'
import { systemClock } from '../../src/utils/system-clock.ts'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { QuietLog } from '../support/quiet-log.ts'
import { killedIn } from '../support/killed-node.ts'
import { newOffer, ScriptedRequester } from '../support/scripted-requester.ts'
import { tempDir } from '../support/temp-dir.ts'

describe('a node that was killed', () => {
  it.each(['Accepted', 'Preparing', 'Running', 'Publishing'] as const)(
    'goes on with an execution that was %s',
    async (state) => {
      const node = await computeNode({ isStarted: false })
      const offer = newOffer(node.work('good'))
      await killedIn(node, state, offer)
      await node.compute.start()
      await node.requester.published(offer)
      const { result } = await node.requester.report(offer.executionId, 'Completed')
      expect(node.engine.begun).toHaveLength(state === 'Publishing' ? 0 : 1)
      const { starts } = (await node.store.execution(offer.executionId))!
      expect(starts).toBe({ Accepted: 1, Preparing: 2, Running: 2, Publishing: 1 }[state])
      expect(result?.files).toBe({ Accepted: 4, Preparing: 5, Running: 5, Publishing: 2 }[state])
      const stdout = await readFile(
        join(node.dir, 'executions', offer.executionId, 'result', 'stdout'),
        'utf8',
      )
      if (state === 'Running') expect(stdout).toBe('cut in the mid\nbegin\nend\n')
    },
  )

  it('does not begin work a fourth time that took the node down three times', async () => {
    const node = await computeNode({ isStarted: false })
    const offer = newOffer(node.work('good'))
    await killedIn(node, 'Running', offer, 3)
    await node.compute.start()
    const { outcome, result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toMatchObject({ state: 'Failed', reason: { code: 'poison' } })
    expect(result?.files).toBeGreaterThan(0)
    expect(node.engine.begun).toEqual([])
  })

  it('publishes the same result again and reports it once, when it had reported it', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    await node.requester.start(offer)
    const { result } = await node.requester.report(offer.executionId, 'Publishing')
    await node.restart()
    expect(
      (await eventually(() => node.requester.block(offer.executionId, result!.cid))).length,
    ).toBeGreaterThan(0)
    await node.requester.published(offer)
    await node.requester.report(offer.executionId, 'Completed')
    expect(node.requester.states(offer.executionId).filter((state) => state === 'Publishing')).toHaveLength(1)
  })

  it('says that a result is lost when its folder was removed', async () => {
    const node = await computeNode({ isStarted: false })
    const offer = newOffer(node.work('good'))
    await killedIn(node, 'Publishing', offer)
    await rm(join(node.dir, 'executions', offer.executionId), { recursive: true })
    await node.compute.start()
    expect(await node.requester.report(offer.executionId, 'Failed')).toMatchObject({
      reason: { code: 'data_lost' },
    })
  })

  it('waits for footage that is mounted late', async () => {
    const node = await computeNode({ isStarted: false, timings: { inputGraceMs: 60_000 } })
    const offer = newOffer(node.work('good'))
    await killedIn(node, 'Running', offer)
    await rm(node.videos, { recursive: true })
    await node.compute.start()
    await eventually(() => node.log.lines.some(({ message }) => message.includes('waiting for it')))
    await mkdir(node.videos)
    await writeFile(join(node.videos, 'gate.mp4'), 'back again')
    const { outcome } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toEqual({ state: 'Completed' })
  })

  it('publishes what there is when the footage does not come back', async () => {
    const node = await computeNode({ isStarted: false })
    const offer = newOffer(node.work('good'))
    await killedIn(node, 'Running', offer)
    await rm(node.videos, { recursive: true })
    await node.compute.start()
    const { outcome, result } = await node.requester.report(offer.executionId, 'Publishing')
    expect(outcome).toMatchObject({ state: 'Failed', reason: { code: 'path_missing' } })
    expect(result?.files).toBeGreaterThan(0)
  })

  it('removes folders and files that no execution has', async () => {
    const node = await computeNode({ isStarted: false })
    const orphan = newOffer().executionId
    await mkdir(join(node.dir, 'executions', orphan, 'scratch'), { recursive: true })
    await writeFile(join(node.dir, 'executions', 'clip.tmp'), 'half a clip')
    await node.compute.start()
    expect(await readdir(join(node.dir, 'executions'))).toEqual([])
  })
})

describe('a node with its state in SQLite', () => {
  it('goes on from the file of a node that is no more', async () => {
    const file = join(await tempDir(), 'compute.db')
    const log = new QuietLog()
    const before = await computeNode({ store: createSqliteComputeStore({ path: file, log }) })
    const offer = newOffer(before.work('hang'))
    await before.requester.start(offer)
    await eventually(() => before.engine.alive === 1)
    await before.store.putCheckpoint(offer.executionId, 'gate.mp4', { done: true })
    await before.compute.stop()
    await before.store.stop()

    const store = createSqliteComputeStore({ path: file, log })
    const after = await computeNode({
      store,
      dataDir: before.dir,
      isStarted: false,
      sources: [before.source],
    })
    after.orders.hang = 'good'
    after.requester.known = before.requester.known
    await after.compute.start()
    await after.requester.published(offer)
    const { outcome } = await after.requester.report(offer.executionId, 'Completed')
    expect(outcome).toEqual({ state: 'Completed' })
    expect(after.requester.joins[0]?.dataEpoch).toBe(before.requester.joins[0]?.dataEpoch)
    expect(after.requester.states(offer.executionId)).toEqual([
      'Accepted',
      'Preparing',
      'Running',
      'Publishing',
      'Completed',
    ])
    await before.store.start()
  })
})

describe('a node that is its own requester', () => {
  it('joins itself, works and reports as any other', async () => {
    const dir = await tempDir()
    const network = createMemoryHub().network()
    const store = createMemoryComputeStore()
    const requester = new ScriptedRequester(network, network.self)
    await Promise.all([network.start(), store.start()])
    const compute = createCompute({
      store,
      network,
      requesterAddress: 'self',
      engines: [createNoopEngine({ clock: systemClock })],
      sources: [],
      publishers: [createLocalPublisher({ directory: join(dir, 'published') })],
      clock: systemClock,
      log: new QuietLog(),
      newId: randomUUID,
      random: Math.random,
      info: { name: 'solo', labels: {}, version: '0.1.0' },
      dataDir: dir,
      capacity: { cpu: 1, memoryBytes: 2 ** 30, diskBytes: 2 ** 40, gpu: 0 },
      maxConcurrent: 1,
    })
    await compute.start()
    await requester.joined()
    const offer = newOffer()
    expect(await requester.start(offer)).toEqual({ accepted: true })
    await requester.published(offer)
    await requester.report(offer.executionId, 'Completed')
    expect(await compute.status()).toMatchObject({
      isConnected: true,
      requester: network.self,
      approval: 'approved',
    })
    await compute.stop()
    await Promise.all([network.stop(), store.stop()])
  })
})

describe('a node that is stopped', () => {
  it('leaves nothing running, changes no state and goes on at the next start, which is no crash', async () => {
    const node = await computeNode()
    const offers = Array.from({ length: 3 }, () => newOffer(node.work('hang')))
    for (const offer of offers) await node.requester.start(offer)
    await eventually(async () => node.engine.alive === 2 && (await node.compute.status()).queued === 1)
    for (let times = 0; times < 5; times++) {
      await eventually(() => node.engine.alive === 2)
      await node.compute.stop()
      expect(node.engine.alive).toBe(0)
      const records = await node.store.executions()
      expect(records.map(({ state }) => state)).toEqual(['Running', 'Running', 'Accepted'])
      expect(records.map(({ starts }) => starts)).toEqual([0, 0, 0])
      await node.restart()
    }
    await eventually(() => node.engine.alive === 2)
    expect(node.requester.states(offers[0]!.executionId)).toEqual(['Accepted', 'Preparing', 'Running'])
  })

  it('can be stopped and started twice, and answers nothing in between', async () => {
    const node = await computeNode()
    await node.compute.start()
    await Promise.all([node.compute.stop(), node.compute.stop()])
    await node.compute.stop()
    await node.compute.start()
    await node.requester.joined()
    const offer = newOffer(node.work('good'))
    expect(await eventually(() => node.requester.start(offer))).toEqual({ accepted: true })
    await node.requester.published(offer)
  })

  it('ends a log that is followed', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    const ended = node.requester.logs(offer.executionId, { follow: true }).then(
      () => 'ended',
      () => 'broke off',
    )
    await eventually(async () => (await node.requester.logs(offer.executionId)).length === 3)
    await node.compute.stop()
    expect(await ended).toMatch(/ended|broke off/)
  })
})

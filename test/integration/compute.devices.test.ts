import { describe, expect, it } from 'vitest'
import type { Device } from '../../src/domain/index.ts'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

const gpu = (index: number): Device => ({ class: 'gpu', vendor: 'nvidia', index, name: 'a GPU' })
const capacity = { cpu: 8, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 2 }
const twoGpus = { capacity, devices: [gpu(0), gpu(1)], maxConcurrent: 4 }

describe('the accelerators of a node', () => {
  it('are given out by index, one execution each; what finds none waits, and what needs none does not', async () => {
    const node = await computeNode(twoGpus)
    const [a, b, c] = [1, 2, 3].map(() => newOffer(node.work('hang', { resources: { gpu: 1 } })))
    const plain = newOffer(node.work('hang'))
    for (const offer of [a!, b!, c!, plain]) {
      expect(await node.requester.offer(offer)).toMatchObject({ accepted: true })
      expect(await node.requester.start(offer)).toEqual({ accepted: true })
    }
    await eventually(() => node.engine.begun.length === 3)
    expect([...node.engine.devices.values()]).toEqual([['gpu 0'], ['gpu 1'], []])
    expect(await node.compute.status()).toMatchObject({ running: 3, queued: 1, free: { gpu: 0 } })
    await node.requester.cancel(a!)
    await eventually(() => node.engine.devices.get(c!.executionId)?.[0] === 'gpu 0')
  })

  it('stay with their execution over a restart of the node', async () => {
    const node = await computeNode(twoGpus)
    const [a, b] = [1, 2].map(() => newOffer(node.work('hang', { resources: { gpu: 1 } })))
    await node.requester.start(a!)
    await node.requester.start(b!)
    await eventually(() => node.engine.begun.length === 2)
    await node.requester.cancel(a!)
    await node.restart()
    await eventually(() => node.engine.begun.length === 3)
    expect(node.engine.devices.get(b!.executionId)).toEqual(['gpu 1'])
  })

  it('fail an execution at once when they are gone', async () => {
    const node = await computeNode({ ...twoGpus, isStarted: true })
    const work = newOffer(node.work('hang', { resources: { gpu: 2 } }))
    await node.requester.start(work)
    await eventually(() => node.engine.begun.length === 1)
    await node.restart({ devices: [gpu(0)] })
    await eventually(async () => (await node.store.execution(work.executionId))?.state === 'Publishing')
    expect((await node.store.execution(work.executionId))?.outcome).toMatchObject({
      state: 'Failed',
      reason: { code: 'capacity_exceeded' },
    })
  })

  it('are refused to jobs that ask for more than one job may have', async () => {
    const node = await computeNode({ ...twoGpus, perJob: { gpu: 1 } })
    expect(await node.requester.offer(newOffer(node.work('good', { resources: { gpu: 2 } })))).toEqual({
      accepted: false,
      reason: { code: 'capacity_exceeded', message: 'asks for 2 GPUs, a job may have at most 1' },
    })
  })
})

describe('work that waits on a node', () => {
  it('begins by priority', async () => {
    const node = await computeNode({ maxConcurrent: 1 })
    const [first, low, high] = [
      newOffer(node.work('hang')),
      newOffer(node.work('hang', { priority: -3 })),
      newOffer(node.work('hang', { priority: 7 })),
    ]
    for (const offer of [first, low, high]) await node.requester.start(offer)
    await eventually(() => node.engine.begun.length === 1)
    for (const over of [first, high]) {
      const before = node.engine.begun.length
      await node.requester.cancel(over)
      await eventually(() => node.engine.begun.length === before + 1)
    }
    expect(node.engine.begun).toEqual([first, high, low].map(({ executionId }) => executionId))
  })
})

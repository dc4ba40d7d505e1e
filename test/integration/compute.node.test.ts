import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

describe('a node', () => {
  it('runs as much at once as it may, the oldest first', async () => {
    const node = await computeNode({ maxConcurrent: 2 })
    const offers = Array.from({ length: 4 }, () => newOffer(node.work('hang')))
    for (const offer of offers) expect(await node.requester.start(offer)).toEqual({ accepted: true })
    await eventually(async () => (await node.compute.status()).running === 2 && node.engine.alive === 2)
    expect(node.engine.begun).toEqual(offers.slice(0, 2).map(({ executionId }) => executionId))
    expect(await node.compute.status()).toMatchObject({ running: 2, queued: 2, free: { cpu: 0 } })
    await node.requester.cancel(offers[0]!)
    await eventually(() => node.engine.begun.length === 3)
    expect(node.engine.begun[2]).toBe(offers[2]!.executionId)
  })

  it('runs no more at once than it has cores for', async () => {
    const node = await computeNode({ maxConcurrent: 10 })
    const offers = Array.from({ length: 3 }, () => newOffer(node.work('hang', { resources: { cpu: 2 } })))
    for (const offer of offers) await node.requester.start(offer)
    await eventually(() => node.engine.alive === 2)
    expect(await node.compute.status()).toMatchObject({ running: 2, queued: 1 })
  })

  it('tells in heartbeats what it runs, how far that is and what is free', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    const beat = await eventually(() =>
      node.requester.heartbeats.find(({ executions }) => executions[0]?.progress),
    )
    expect(beat.executions).toMatchObject([
      { executionId: offer.executionId, token: offer.token, state: 'Running', progress: { framesDone: 5 } },
    ])
    expect(beat.free).toMatchObject({ cpu: 3, memoryBytes: 2 ** 33 - 536_870_912 })
  })

  it('says who it is when it joins', async () => {
    const node = await computeNode({ joinToken: 'open sesame' })
    expect(node.requester.joins[0]).toMatchObject({
      joinToken: 'open sesame',
      lastReportSeq: 0,
      info: {
        name: 'edge',
        labels: { site: 'north' },
        engines: [{ type: 'onnx', detail: 'obeys' }, { type: 'noop' }],
        sources: ['localDirectory'],
        allowedPaths: [node.videos],
        maxConcurrent: 2,
      },
    })
  })

  it('says why it does not bid', async () => {
    const node = await computeNode()
    await writeFile(join(node.dir, 'secret'), 'x')
    const input = (path: string, target = '/videos') => ({
      source: { type: 'localDirectory' as const, path },
      target,
    })
    const why = async (spec: Parameters<typeof newOffer>[0]): Promise<unknown> =>
      (await node.requester.offer(newOffer(spec))).reason?.code
    expect(await why(node.work('unknown'))).toBe('model_unavailable')
    expect(await why(node.work('good', { inputs: [input(join(node.dir, 'secret'))] }))).toBe(
      'path_not_allowed',
    )
    expect(await why(node.work('good', { inputs: [input(`${node.videos}/none`)] }))).toBe('path_missing')
    expect(await why(node.work('good', { resources: { cpu: 5 } }))).toBe('capacity_exceeded')
    expect(await why(node.work('good', { resources: { memoryBytes: 2 ** 34 } }))).toBe('capacity_exceeded')
    const overlapping = [input(node.videos, '/a'), input(node.videos, '/a/b')]
    expect(await why(node.work('good', { inputs: overlapping }))).toBe('duplicate_mount')
    node.engine.available = false
    expect(await why(node.work('good'))).toBe('engine_unavailable')
    expect(await why({ engine: { type: 'noop' } })).toBeUndefined()
  })

  it('takes no more work than its queue holds, and counts bids that were not taken yet', async () => {
    const node = await computeNode({ maxConcurrent: 1, maxQueued: 1 })
    const [first, second, third] = [
      newOffer(node.work('hang')),
      newOffer(node.work('hang')),
      newOffer(node.work('hang')),
    ]
    expect(await node.requester.start(first)).toEqual({ accepted: true })
    expect(await node.requester.offer(second)).toMatchObject({ accepted: true })
    expect(await node.requester.offer(second)).toMatchObject({ accepted: true })
    expect(await node.requester.offer(third)).toMatchObject({
      accepted: false,
      reason: { code: 'queue_full' },
    })
    await node.requester.cancel(second)
    expect(await node.requester.offer(third)).toMatchObject({ accepted: true })
  })

  it('starts work that it forgot its bid for, and answers a repeated start the same', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    expect(await node.requester.start(offer)).toEqual({ accepted: true })
    expect(await node.requester.start(offer)).toEqual({ accepted: true })
    expect(await node.requester.offer(offer)).toEqual({ accepted: true })
    await node.requester.published(offer)
    expect(await node.requester.start(offer)).toEqual({ accepted: true })
    expect(node.engine.begun).toHaveLength(1)
    const unable = newOffer(node.work('unknown'))
    expect(await node.requester.start(unable)).toMatchObject({
      accepted: false,
      reason: { code: 'model_unavailable' },
    })
  })

  it('obeys its requester only', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    const stranger = await node.stranger()
    const to = node.requester.node
    const { executionId, token } = offer
    const forbidden = { code: 'forbidden' }
    const why = { code: 'cancelled_by_user', message: 'ha' } as const
    await expect(stranger.call(to, 'offer', newOffer())).rejects.toMatchObject(forbidden)
    await expect(stranger.call(to, 'start', newOffer())).rejects.toMatchObject(forbidden)
    await expect(stranger.call(to, 'cancel', { executionId, token, reason: why })).rejects.toMatchObject(
      forbidden,
    )
    await expect(
      stranger.call(to, 'published', { executionId, token, cid: 'somecid1' }),
    ).rejects.toMatchObject(forbidden)
    const reading = async (): Promise<void> => {
      for await (const line of stranger.stream(to, 'logs', { executionId, follow: false }))
        throw new Error(line.text)
    }
    await expect(reading()).rejects.toMatchObject(forbidden)
    await eventually(() => node.engine.begun.length > 0)
    expect(node.engine.begun).toEqual([executionId])
    expect(node.requester.states(executionId)).not.toContain('Cancelled')
  })

  it('follows what work prints until it has ended, and gives the last lines of it afterwards', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    const following = node.requester.logs(offer.executionId, { follow: true })
    await eventually(async () => (await node.requester.logs(offer.executionId)).length === 3)
    await node.requester.cancel(offer)
    const lines = await following
    expect(lines).toMatchObject([
      { stream: 'stdout', text: 'begin' },
      { stream: 'stderr', text: 'careful' },
      { stream: 'stdout', text: 'end' },
    ])
    expect(await node.requester.logs(offer.executionId, { follow: true, tail: 2 })).toEqual(lines.slice(1))
    expect(await node.requester.logs(offer.executionId, { tail: 0 })).toEqual([])
    expect(await node.requester.logs(offer.executionId, { tail: 99 })).toEqual(lines)
    const unknown = { code: 'execution_not_found' }
    await expect(node.requester.logs(newOffer().executionId)).rejects.toMatchObject(unknown)
  })
})

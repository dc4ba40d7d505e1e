import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Publisher } from '../../src/ports/index.ts'
import { computeNode } from '../support/compute-node.ts'
import type { ComputeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

describe('a cancel', () => {
  it('ends an execution that waits, without running it', async () => {
    const node = await computeNode({ maxConcurrent: 1 })
    const [running, waiting] = [newOffer(node.work('hang')), newOffer(node.work('good'))]
    for (const offer of [running, waiting]) await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    await node.requester.cancel(waiting)
    expect(await node.requester.report(waiting.executionId, 'Cancelled')).toMatchObject({
      reason: { code: 'cancelled_by_user' },
    })
    expect(node.engine.begun).toEqual([running.executionId])
  })

  it('ends one that runs, once nothing of it is left, and may be said twice', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    await Promise.all([node.requester.cancel(offer), node.requester.cancel(offer)])
    await node.requester.report(offer.executionId, 'Cancelled')
    expect(node.engine.alive).toBe(0)
    await node.requester.cancel(offer)
    expect(node.requester.states(offer.executionId)).toEqual([
      'Accepted',
      'Preparing',
      'Running',
      'Cancelled',
    ])
    await eventually(async () => {
      const left = await readdir(join(node.dir, 'executions', offer.executionId))
      return !left.includes('scratch')
    })
  })

  it('is remembered when the node is killed before the work has ended', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    await node.compute.stop()
    // As on the disk of a node that answered the cancel and was killed then.
    await node.store.putCheckpoint(offer.executionId, 'node:cancel', {
      code: 'cancelled_by_user',
      message: 'stop',
    })
    await node.restart()
    await node.requester.report(offer.executionId, 'Cancelled')
    expect(node.engine.begun).toHaveLength(1)
  })

  it('keeps a bid from being started later', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    await node.requester.offer(offer)
    await node.requester.cancel(offer)
    await node.requester.report(offer.executionId, 'Cancelled')
    const answer = { accepted: false, reason: { code: 'cancelled_by_user' } }
    expect(await node.requester.start(offer)).toMatchObject(answer)
    expect(await node.requester.offer(offer)).toMatchObject(answer)
    const unknown = newOffer(node.work('good'))
    await node.requester.cancel(unknown)
    expect(await node.requester.start(unknown)).toMatchObject(answer)
    expect(node.engine.begun).toEqual([])
  })

  it('does not undo finished work when it crosses with the news of it', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    const release = await finishedButUnpublished(node, offer)
    await node.requester.cancel(offer)
    release()
    await node.requester.published(offer)
    await node.requester.report(offer.executionId, 'Completed')
    expect(node.requester.states(offer.executionId)).not.toContain('Cancelled')
  })

  it('takes effect in the end when the requester knows of the finished work and wants nothing of it', async () => {
    const node = await computeNode({ timings: { crossedCancelMs: 20 } })
    const offer = newOffer(node.work('good'))
    const release = await finishedButUnpublished(node, offer)
    await node.requester.cancel(offer)
    release()
    await node.requester.report(offer.executionId, 'Cancelled')
    expect(node.requester.states(offer.executionId)).toContain('Publishing')
  })

  it('throws a finished result away when the requester knows of it, or has replaced the execution', async () => {
    const node = await computeNode()
    const [known, replaced] = [newOffer(node.work('good')), newOffer(node.work('good'))]
    await node.requester.start(known)
    await node.requester.report(known.executionId, 'Publishing')
    await eventually(async () => (await node.compute.status()).unsentReports === 0)
    await node.requester.cancel(known)
    await node.requester.report(known.executionId, 'Cancelled')
    const release = await finishedButUnpublished(node, replaced)
    await node.requester.cancel(replaced, 'superseded')
    await node.requester.report(replaced.executionId, 'Cancelled')
    release()
    expect(node.requester.states(replaced.executionId)).not.toContain('Publishing')
  })
})

describe('a message with an old token', () => {
  it('is refused, whatever it asks, and changes nothing', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    const old = { ...offer, token: offer.token - 1 }
    const stale = { accepted: false, reason: { code: 'stale_token' } }
    await node.requester.offer(offer)
    expect(await node.requester.offer(old)).toMatchObject(stale)
    expect(await node.requester.start(old)).toMatchObject(stale)
    await node.requester.start(offer)
    expect(await node.requester.offer(old)).toMatchObject(stale)
    expect(await node.requester.start(old)).toMatchObject(stale)
    await eventually(() => node.engine.alive === 1)
    await expect(node.requester.cancel(old)).rejects.toMatchObject({ code: 'stale_token' })
    const newer = { ...offer, token: offer.token + 1 }
    expect(await node.requester.start(newer)).toEqual({ accepted: true })
    await expect(node.requester.cancel(offer)).rejects.toMatchObject({ code: 'stale_token' })
    expect(node.engine.alive).toBe(1)
    await node.requester.cancel(newer)
    expect(await node.requester.report(offer.executionId, 'Cancelled')).toMatchObject({ token: newer.token })
  })

  it('does not complete an execution, nor does another result', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    const { executionId, token } = offer
    await node.requester.start(offer)
    const { result } = await node.requester.report(executionId, 'Publishing')
    const published = (request: { token: number; cid: string }) =>
      node.requester.network.call(node.requester.node, 'published', { executionId, ...request })
    await expect(published({ token: token - 1, cid: result!.cid })).rejects.toMatchObject({
      code: 'stale_token',
    })
    await expect(published({ token, cid: 'bafy-other' })).rejects.toMatchObject({ code: 'state_conflict' })
    expect(node.requester.states(executionId)).not.toContain('Completed')
  })
})

/** Work that has ended, its publishing held back until the returned function is called. */
async function finishedButUnpublished(
  node: ComputeNode,
  offer: ReturnType<typeof newOffer>,
): Promise<() => void> {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const { publisher } = node
  const slow: Publisher = {
    type: publisher.type,
    publish: async (...args) => {
      await released
      args[2]?.signal?.throwIfAborted()
      return publisher.publish(...args)
    },
    block: (id, cid) => publisher.block(id, cid),
    remove: (id) => publisher.remove(id),
  }
  await node.restart({ publishers: [slow] })
  await eventually(() => node.requester.start(offer))
  await eventually(async () => (await node.store.execution(offer.executionId))?.state === 'Publishing')
  return release
}

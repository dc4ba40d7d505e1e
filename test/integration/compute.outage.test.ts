import { describe, expect, it } from 'vitest'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { newOffer } from '../support/scripted-requester.ts'

const wholeLife = ['Accepted', 'Preparing', 'Running', 'Publishing', 'Completed']

describe('a node without its requester', () => {
  it.each([{ isSilent: false }, { isSilent: true }])(
    'works on and reports when the link is back: %o',
    async (cut) => {
      const node = await computeNode()
      const offers = [newOffer(node.work('good')), newOffer(node.work('good')), newOffer(node.work('bad'))]
      const [first] = offers
      // Begun before the cut, ended during it.
      for (const offer of offers) await node.requester.start(offer)
      node.cut(cut)
      await eventually(async () =>
        (await node.store.executions()).every(({ result }) => result !== undefined),
      )
      const known = node.requester.known.length
      expect(known).toBeLessThan(await node.store.lastReportSeq())
      node.heal()
      for (const offer of offers) await node.requester.published(offer)
      await node.requester.report(first!.executionId, 'Completed')
      expect(node.requester.states(first!.executionId)).toEqual(wholeLife)
      await eventually(async () => (await node.compute.status()).unsentReports === 0)
      expect(node.requester.known.map(({ seq }) => seq)).toEqual(
        node.requester.known.map((_, index) => index + 1),
      )
    },
  )

  it('starts without a network, finishes what it had and tells it later', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('hang'))
    await node.requester.start(offer)
    await eventually(() => node.engine.alive === 1)
    await node.compute.stop()
    node.cut()
    node.orders.hang = 'good'
    await node.restart()
    await eventually(async () => (await node.store.execution(offer.executionId))?.result !== undefined)
    expect(await node.compute.status()).toMatchObject({ isConnected: false, publishing: 1 })
    node.heal()
    await node.requester.published(offer)
    await node.requester.report(offer.executionId, 'Completed')
  })

  it('has each report take effect once when acknowledgements are lost or batches are taken in part', async () => {
    const node = await computeNode()
    node.requester.losesAnswers = 3
    node.requester.takes = 2
    const offers = Array.from({ length: 5 }, () => newOffer(node.work('good')))
    for (const offer of offers) await node.requester.start(offer)
    for (const offer of offers) await node.requester.published(offer)
    for (const { executionId } of offers) {
      await node.requester.report(executionId, 'Completed')
      expect(node.requester.states(executionId)).toEqual(wholeLife)
    }
    // Each lost acknowledgement made it join, and ask where the requester stands.
    expect(node.requester.joins.length).toBeGreaterThan(3)
  })

  it('replays from where a restored requester stands', async () => {
    const node = await computeNode()
    const offer = newOffer(node.work('good'))
    await node.requester.start(offer)
    await node.requester.published(offer)
    await node.requester.report(offer.executionId, 'Completed')
    await eventually(async () => (await node.compute.status()).unsentReports === 0)
    node.requester.known = node.requester.known.slice(0, 1)
    node.requester.wantsRejoin = true
    await node.requester.report(offer.executionId, 'Completed')
    expect(node.requester.states(offer.executionId)).toEqual(wholeLife)
  })

  it('joins again on every new connection and when it is asked to, with the same epoch and boot', async () => {
    const node = await computeNode()
    node.requester.wantsRejoin = true
    await eventually(() => node.requester.joins.length === 2)
    node.cut()
    node.heal()
    await eventually(() => node.requester.joins.length === 3)
    const names = node.requester.joins.map(({ bootId, dataEpoch }) => `${bootId} ${dataEpoch}`)
    expect(new Set(names).size).toBe(1)
    await node.restart()
    await eventually(() => node.requester.joins.length === 4)
    const [before, after] = [node.requester.joins[0]!, node.requester.joins[3]!]
    expect(after.dataEpoch).toBe(before.dataEpoch)
    expect(after.bootId).not.toBe(before.bootId)
  })

  it('says that it is new when its memory is older than what the requester knows', async () => {
    const node = await computeNode({ isStarted: false })
    const report = {
      executionId: newOffer().executionId,
      jobId: newOffer().jobId,
      token: 1,
      state: 'Running',
      atMs: 1,
    } as const
    node.requester.known = [{ ...report, seq: 7 }]
    await node.compute.start()
    await eventually(() => node.requester.joins.length >= 2)
    const [first, second] = node.requester.joins
    expect(second!.dataEpoch).not.toBe(first!.dataEpoch)
    node.requester.known = []
    await node.requester.joined()
  })

  it('asks for approval until it has it, and says how to give it', async () => {
    const node = await computeNode({ isStarted: false })
    node.requester.approval = 'pending'
    await node.compute.start()
    await eventually(() => node.requester.joins.length > 3)
    expect(node.requester.heartbeats).toEqual([])
    const hints = node.log.lines.filter(({ fields }) => JSON.stringify(fields).includes('edge node approve'))
    expect(hints).toHaveLength(1)
    node.requester.approval = 'approved'
    await node.requester.joined()
    node.requester.approval = 'rejected'
    await eventually(async () => (await node.compute.status()).approval === 'rejected')
  })
})

import { describe, expect, it } from 'vitest'
import { computeNode } from '../support/compute-node.ts'
import { eventually } from '../support/eventually.ts'
import { killedIn } from '../support/killed-node.ts'
import { newOffer } from '../support/scripted-requester.ts'

describe('what an engine may have left running', () => {
  it('is kept at the start for executions that go on, and for no other', async () => {
    const node = await computeNode({ isStarted: false })
    const [goesOn, published, cancelled] = [
      newOffer(node.work('good')),
      newOffer(node.work('good')),
      newOffer(node.work('good')),
    ]
    await killedIn(node, 'Running', goesOn)
    await killedIn(node, 'Publishing', published)
    await killedIn(node, 'Running', cancelled)
    const reason = { code: 'cancelled_by_user', message: 'enough' }
    await node.store.putCheckpoint(cancelled.executionId, 'node:cancel', reason)
    await node.compute.start()
    expect(node.engine.swept).toEqual([[goesOn.executionId]])
    await node.requester.report(cancelled.executionId, 'Cancelled')
    await node.requester.published(goesOn)
    await node.requester.published(published)
  })

  it('keeps no node from starting when the engine is down', async () => {
    const node = await computeNode({ isStarted: false })
    node.engine.available = false
    await node.compute.start()
    expect(node.engine.swept).toEqual([[]])
  })

  it('is removed when an execution is cancelled that waits for its turn', async () => {
    const node = await computeNode({ maxConcurrent: 1 })
    const [first, second] = [newOffer(node.work('hang')), newOffer(node.work('good'))]
    for (const offer of [first, second]) await node.requester.start(offer)
    await eventually(() => node.engine.begun.length === 1)
    await node.requester.cancel(second)
    await node.requester.report(second.executionId, 'Cancelled')
    await eventually(() => node.engine.discarded.includes(second.executionId))
    await node.requester.cancel(first)
    await node.requester.report(first.executionId, 'Cancelled')
    expect(node.engine.discarded).toEqual([second.executionId])
  })
})

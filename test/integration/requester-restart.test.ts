import { describe, expect, it } from 'vitest'
import type { Bid, ExecutionState } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { startWorld, statesOf, type RequesterWorld } from '../support/requester-world.ts'
import type { ScriptedNode } from '../support/scripted-node.ts'

const ops = { type: 'ops' } as const

/** Every execution ran once on its node and was started with one token. */
async function expectRunOnce(
  world: RequesterWorld,
  job: { readonly id: string },
  node: ScriptedNode,
): Promise<void> {
  const done = await world.until(job, 'Completed')
  expect(statesOf(done)).toEqual({ [node.name]: ['Completed'] })
  expect(node.runs.size).toBe(1)
  await eventually(() => node.firstRun?.state === 'Completed')
}

describe('a requester that is killed and comes back', () => {
  it('still has a job of which no node knows yet', async () => {
    const world = await startWorld()
    const job = await world.submit(ops)
    await world.restart()
    const node = await world.node('gate')
    await expectRunOnce(world, job, node)
  })

  it('offers again what was not answered', async () => {
    const world = await startWorld()
    const node = await world.node('gate', { bid: () => new Promise<Bid>(() => undefined) })
    const job = await world.submit(ops)
    await eventually(() => node.timesCalled('offer') === 1)
    node.script = {}
    await world.restart()
    await expectRunOnce(world, job, node)
    expect(node.timesCalled('offer')).toBe(2)
  })

  it('starts what was bid for, and what was started without an answer', async () => {
    const world = await startWorld()
    let isDeaf = true
    const node = await world.node('gate', {
      bid: () => {
        world.cut(node)
        return { accepted: true }
      },
    })
    const job = await world.submit(ops)
    await eventually(() => node.timesCalled('offer') === 1)
    node.script = {
      start: () => {
        if (isDeaf) world.cut(node)
        isDeaf = false
        return { accepted: true }
      },
    }
    await world.restart()
    await world.heal(node)
    await eventually(() => node.timesCalled('start') === 1)
    await world.restart()
    await world.heal(node)
    await expectRunOnce(world, job, node)
  })

  it('hears of work that ended while it was away, and fetches the result', async () => {
    const world = await startWorld()
    const node = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    await world.stop()
    await node.finish(node.firstRun!.executionId, 'complete')
    await world.start()
    await expectRunOnce(world, job, node)
    expect(node.timesCalled('start')).toBe(1)
  })

  it('goes on fetching a result where it was, and tells the node once it is here', async () => {
    const world = await startWorld()
    const node = await world.node('gate')
    node.isServingBlocks = false
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Publishing'] })
    await world.restart()
    await world.untilExecutions(job, { gate: ['Publishing'] })
    expect(node.timesCalled('published')).toBe(0)
    node.isServingBlocks = true
    await world.passUntilExecutions(job, { gate: ['Completed'] })
    await expectRunOnce(world, job, node)
    expect(new Set(node.served).size, 'no block is fetched twice').toBe(node.served.length)
  })

  it('tells a node that its result has arrived, however late that is', async () => {
    const world = await startWorld()
    const node = await world.node('gate')
    node.isServingBlocks = false
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Publishing'] })
    // The blocks come by another way, and the node is away when the last one is there.
    const result = await node.result()
    for (const cid of result.cids()) await world.blocks.put(cid, (await result.read(cid))!)
    world.cut(node)
    await world.restart()
    await world.until(job, 'Completed')
    expect(node.firstRun?.state).toBe('Publishing')
    await world.restart()
    await world.heal(node)
    await expectRunOnce(world, job, node)
  })

  it('can be stopped and started in place, and its nodes join again with their next heartbeat', async () => {
    const world = await startWorld()
    const node = await world.node('gate')
    await world.pause()
    await world.requester.stop((await world.submit(ops)).id)
    const job = await world.submit(ops)
    await world.until(job, 'Queued')
    await node.beat()
    await expectRunOnce(world, job, node)
  })

  it('loses nothing and doubles nothing, whenever it is killed', async () => {
    const stages: readonly ExecutionState[] = [
      'AskForBid',
      'AskForBidAccepted',
      'BidAccepted',
      'Running',
      'Publishing',
    ]
    for (const stage of stages) {
      const world = await startWorld()
      const nodes = [await world.node('gate'), await world.node('yard')]
      const killed = killAt(world, stage)
      const job = await world.submit(ops)
      await killed
      const done = await world.until(job, 'Completed')
      expect(statesOf(done), stage).toEqual({ gate: ['Completed'], yard: ['Completed'] })
      for (const node of nodes) expect(node.runs.size, stage).toBe(1)
    }
  })
})

/** Restarts the requester as soon as an execution has reached the state. */
async function killAt(world: RequesterWorld, state: ExecutionState): Promise<void> {
  for await (const event of world.requester.watch({})) {
    if (event.kind === 'history' && event.entry.to === state) break
  }
  await world.restart()
}

import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startWorld, statesOf } from '../support/requester-world.ts'

const inputs = [
  { source: { type: 'localDirectory' as const, path: '/videos', readWrite: false }, target: '/videos' },
]
const holds = (matchedBytes: number) => ({ bid: () => ({ accepted: true, matchedFiles: 2, matchedBytes }) })

describe('the node that a batch job goes to', () => {
  it('is the one that holds most of the data; the explanation tells what each bid', async () => {
    const world = await startWorld()
    await world.node('gate', holds(100))
    await world.node('yard', holds(300))
    await world.node('shed', {
      bid: () => ({ accepted: false, reason: { code: 'path_missing', message: 'no' } }),
    })
    const done = await world.until(await world.submit({ inputs }), 'Completed')
    expect(statesOf(done)).toEqual({
      gate: ['AskForBidRejected'],
      shed: ['AskForBidRejected'],
      yard: ['Completed'],
    })
    expect(done.executions.find(({ nodeName }) => nodeName === 'yard')).toMatchObject({
      partition: 0,
      bid: { matchedFiles: 2, matchedBytes: 300 },
    })
    const { nodes } = await world.requester.explain(done.id)
    expect(nodes.map(({ nodeName, outcome, code }) => [nodeName, outcome, code])).toEqual([
      ['yard', 'chosen', undefined],
      ['gate', 'notChosen', 'outbid'],
      ['shed', 'notChosen', 'path_missing'],
    ])
    expect(nodes[0]?.why).toMatch(/ Completed; bid 1 of 2$/)
    expect(nodes[1]?.why).toBe('the bid of yard was better: matchedBytes 100 against 300')
    expect(nodes[2]?.why).toBe('the node said no: no')
    expect(nodes[0]?.rank.find(({ name }) => name === 'matchedBytes')?.value).toBe(300)
  })

  it('releases what it reserved when another is chosen', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', holds(100))
    await world.node('yard', holds(300))
    await world.until(await world.submit({ inputs }), 'Completed')
    expect(gate.timesCalled('cancel')).toBe(1)
    expect(gate.timesCalled('start')).toBe(0)
  })

  it('is told its partition, which its retry keeps on another node', async () => {
    const world = await startWorld()
    const told: (number | undefined)[] = []
    const work = ({ partition }: { partition?: number | undefined }) => {
      told.push(partition)
      return told.length === 1 ? ('fail' as const) : ('complete' as const)
    }
    for (const name of ['a', 'b', 'c']) await world.node(name, { work })
    const job = await world.submit({ count: 2, retries: { workload: 1 } })
    const done = await eventually(async () => {
      const view = await world.requester.job(job.id)
      if (view.state === 'Completed') return view
      await world.pass(1000)
      throw new Error(`the job is ${view.state}`)
    })
    const completed = done.executions.filter(({ state }) => state === 'Completed')
    expect(completed.map(({ partition }) => partition).sort()).toEqual([0, 1])
    expect([...told].sort()).toEqual(told[0] === 0 ? [0, 0, 1] : [0, 1, 1])
  })
})

describe('a node that is cordoned, drained and given work again', () => {
  it('keeps that over restarts of requester and node, gets no work, and then gets it', async () => {
    const world = await startWorld()
    await world.node('gate')
    await world.requester.setDuty('gate', { duty: 'cordoned' })
    await world.restart()
    expect(await world.requester.node('gate')).toMatchObject({ duty: 'cordoned' })
    const job = await world.submit({ type: 'ops' })
    const queued = await world.until(job, 'Queued')
    expect(queued.passedOver.map(({ reason }) => reason.code)).toEqual(['draining'])
    await world.requester.setDuty('gate', { duty: 'active' })
    await world.until(job, 'Completed')
  })

  it('finishes what runs, and hands on what has not begun', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const running = await world.submit({})
    await world.untilExecutions(running, { gate: ['Running'] })
    await world.requester.setDuty('gate', { duty: 'draining' })
    const next = await world.submit({})
    await world.until(next, 'Queued')
    await world.node('yard')
    await world.until(next, 'Completed')
    expect(await world.requester.node('gate')).toMatchObject({ duty: 'draining', liveExecutions: 1 })
    for (const { executionId } of gate.runs.values()) await gate.finish(executionId, 'complete')
    await world.until(running, 'Completed')
    expect(await world.requester.node('gate')).toMatchObject({ liveExecutions: 0 })
  })

  it('loses what still runs after the time it was given, to another node', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit({})
    await world.untilExecutions(job, { gate: ['Running'] })
    await world.node('yard')
    await world.requester.setDuty('gate', { duty: 'draining', drainSeconds: 10 })
    await world.pass(9000)
    expect(statesOf(await world.requester.job(job.id))).toEqual({ gate: ['Running'] })
    await world.pass(3000)
    await world.until(job, 'Completed')
    expect(gate.timesCalled('cancel')).toBe(1)
  })
})

describe('labels that the requester sets', () => {
  it('stand over what the node says, also when it joins again, and can be taken away', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    gate.info = { ...gate.info, labels: { site: 'south', camera: 'a' } }
    await world.restart()
    const labels = async () => (await world.requester.node('gate')).info.labels
    await world.requester.setLabels('gate', { site: 'north', camera: null })
    expect(await labels()).toEqual({ site: 'north' })
    await world.restart()
    expect(await labels()).toEqual({ site: 'north' })
    await world.until(await world.submit({ type: 'ops', selector: 'site=north' }), 'Completed')
    await world.requester.setLabels('gate', { site: null })
    const failed = await world.until(await world.submit({ type: 'ops', selector: 'site' }), 'Failed')
    expect(failed.reason?.code).toBe('no_node_matches')
  })
})

describe('a node that is deleted', () => {
  it('has to be away, is forgotten with its executions ended, and joins as a new one when it comes back', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    await expect(world.requester.deleteNode('gate')).rejects.toMatchObject({ code: 'state_conflict' })
    const job = await world.submit({ type: 'ops', retries: { infrastructure: 0 } })
    await world.untilExecutions(job, { gate: ['Running'] })
    world.cut(gate)
    await world.requester.deleteNode('gate')
    expect(await world.requester.nodes()).toEqual([])
    const failed = await world.until(job, 'Failed')
    expect(failed.executions[0]?.reason?.code).toBe('node_removed')
    const { nodes } = await world.requester.explain(job.id)
    expect(nodes).toMatchObject([{ nodeName: 'gate', outcome: 'chosen', connectivity: 'disconnected' }])
    await world.heal(gate)
    expect(await world.requester.node('gate')).toMatchObject({ duty: 'active', connectivity: 'connected' })
  })
})

describe('a daemon job', () => {
  it('runs on nodes that join later, once on each, until it is stopped', async () => {
    const world = await startWorld()
    await world.node('gate')
    const job = await world.submit({ type: 'daemon' })
    await world.untilExecutions(job, { gate: ['Completed'] })
    await world.node('yard', { work: () => 'hold' })
    await world.untilExecutions(job, { gate: ['Completed'], yard: ['Running'] })
    await world.pass(120_000, 10_000)
    expect(statesOf(await world.requester.job(job.id))).toEqual({ gate: ['Completed'], yard: ['Running'] })
    expect((await world.requester.stop(job.id)).state).toBe('Stopped')
    await world.untilExecutions(job, { gate: ['Completed'], yard: ['Cancelled'] })
  })
})

describe('a job whose total time is over', () => {
  it('fails, and what runs is cancelled', async () => {
    const world = await startWorld()
    await world.node('gate', { work: () => 'hold' })
    const job = await world.submit({ type: 'ops', timeouts: { totalSeconds: 30 } })
    await world.untilExecutions(job, { gate: ['Running'] })
    await world.pass(31_000)
    const failed = await world.until(job, 'Failed')
    expect(failed.reason?.code).toBe('total_timeout')
    const { executions } = await world.untilExecutions(job, { gate: ['Cancelled'] })
    expect(executions[0]?.reason?.code).toBe('total_timeout')
  })
})

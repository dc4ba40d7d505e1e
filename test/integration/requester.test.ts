import { describe, expect, it } from 'vitest'
import type { Bid, ReasonCode } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { startWorld, statesOf } from '../support/requester-world.ts'

const ops = { type: 'ops' } as const
const no = (code: ReasonCode) => (): Bid => ({ accepted: false, reason: { code, message: code } })

describe('the requester with its nodes', () => {
  it('completes an ops job on every node and has their results', async () => {
    const world = await startWorld()
    const nodes = [await world.node('gate'), await world.node('yard')]
    const job = await world.submit(ops)
    const done = await world.until(job, 'Completed')
    expect(statesOf(done)).toEqual({ gate: ['Completed'], yard: ['Completed'] })
    const results = await world.requester.results(job.id)
    expect(results.map(({ nodeName, fetched }) => [nodeName, fetched]).sort()).toEqual([
      ['gate', true],
      ['yard', true],
    ])
    for (const node of nodes) {
      for (const cid of (await node.result()).cids()) expect(await world.blocks.has(cid)).toBe(true)
      await eventually(() => node.firstRun?.state === 'Completed')
      expect(node.calls.map(({ method }) => method)).toEqual(['offer', 'start', 'published'])
    }
  })

  it('keeps every step in the history, in order and without gaps', async () => {
    const world = await startWorld()
    await world.node('gate')
    const job = await world.submit(ops)
    await world.until(job, 'Completed')
    const history = await world.requester.history(job.id, {})
    expect(history.filter(({ entity }) => entity === 'job').map(({ to }) => to)).toEqual([
      'Pending',
      'Queued',
      'Running',
      'Completed',
    ])
    expect(history.filter(({ entity }) => entity === 'execution').map(({ to }) => to)).toEqual([
      'New',
      'AskForBid',
      'AskForBidAccepted',
      'BidAccepted',
      'Running',
      'Publishing',
      'Completed',
    ])
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => (history[0]?.seq ?? 0) + index))
  })

  it('completes without a node that rejects, and says why it was passed over', async () => {
    const world = await startWorld()
    await world.node('gate')
    await world.node('yard', { bid: no('path_not_allowed') })
    const done = await world.until(await world.submit(ops), 'Completed')
    expect(done.passedOver.map(({ nodeName, reason }) => [nodeName, reason.code])).toEqual([
      ['yard', 'path_not_allowed'],
    ])
  })

  it('ends partially when one node’s work fails, and has the results of both', async () => {
    const world = await startWorld()
    await world.node('gate')
    await world.node('yard', { work: () => 'fail' })
    const job = await world.submit(ops)
    const done = await world.until(job, 'PartiallyCompleted')
    expect(statesOf(done)).toEqual({ gate: ['Completed'], yard: ['Failed'] })
    expect(done.reason?.code).toBe('some_executions_failed')
    const failed = done.executions.find(({ nodeName }) => nodeName === 'yard')
    expect(failed).toMatchObject({ exitCode: 1, reason: { code: 'exit_code' } })
    expect((await world.requester.results(job.id)).every(({ fetched }) => fetched)).toBe(true)
  })

  it('fails when all work fails, when all reject, and when nothing matches', async () => {
    const world = await startWorld()
    const node = await world.node('gate', { work: () => 'fail' })
    expect((await world.until(await world.submit(ops), 'Failed')).reason?.code).toBe('all_executions_failed')
    node.script = { bid: no('input_empty') }
    expect((await world.until(await world.submit(ops), 'Failed')).reason?.code).toBe('all_bids_rejected')
    const unmatched = await world.until(await world.submit({ ...ops, selector: 'site=moon' }), 'Failed')
    expect(unmatched.reason?.code).toBe('no_node_matches')
    expect(unmatched.passedOver.map(({ reason }) => reason.code)).toEqual(['selector_mismatch'])
  })

  it('keeps a job that was sent before any node joined', async () => {
    const world = await startWorld()
    const job = await world.submit(ops)
    await world.until(job, 'Queued')
    await world.pass(2000)
    await world.node('gate')
    await world.until(job, 'Completed')
  })

  it('waits for a known node that is away, and completes without it at the queue timeout', async () => {
    const world = await startWorld()
    await world.node('gate')
    const yard = await world.node('yard')
    const shed = await world.node('shed')
    world.cut(yard)
    world.cut(shed)
    const job = await world.submit({ ...ops, timeouts: { queueSeconds: 600 } })
    await world.untilExecutions(job, { gate: ['Completed'] })
    await world.heal(yard)
    await world.untilExecutions(job, { gate: ['Completed'], yard: ['Completed'] })
    await world.pass(600_000, 10_000)
    const done = await world.until(job, 'Completed')
    expect(done.passedOver.map(({ nodeName, reason }) => [nodeName, reason.code])).toEqual([
      ['shed', 'disconnected'],
    ])
  })

  it('repeats crashed work on the same node for ops, and counts the attempts', async () => {
    const world = await startWorld()
    let crashes = 2
    await world.node('gate', { work: () => (crashes-- > 0 ? 'crash' : 'complete') })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Failed'] })
    await world.pass(3000)
    await world.untilExecutions(job, { gate: ['Failed', 'Failed'] })
    await world.pass(5000)
    const done = await world.until(job, 'Completed')
    expect(done.executions.map(({ attempt }) => attempt).sort()).toEqual([1, 2, 3])
    expect(new Set(done.executions.map(({ token }) => token)).size).toBe(3)
  })

  it('moves on to other nodes when a batch job is rejected or refused at the start', async () => {
    const world = await startWorld()
    await world.node('a', { bid: no('path_missing') })
    await world.node('b', {
      start: () => ({ accepted: false, reason: { code: 'path_missing', message: 'gone' } }),
    })
    const c = await world.node('c', { bid: no('queue_full') })
    const job = await world.submit({ type: 'batch' })
    await world.untilExecutions(job, { a: ['AskForBidRejected'], b: ['Failed'], c: ['AskForBidRejected'] })
    c.script = {}
    await world.pass(6000)
    const done = await world.until(job, 'Completed')
    expect(statesOf(done)).toEqual({
      a: ['AskForBidRejected'],
      b: ['Failed'],
      c: ['AskForBidRejected', 'Completed'],
    })
  })

  it('runs a batch job on as many distinct nodes as it counts', async () => {
    const world = await startWorld()
    for (const name of ['a', 'b', 'c']) await world.node(name)
    const done = await world.until(await world.submit({ type: 'batch', count: 2 }), 'Completed')
    expect(done.executions.map(({ state }) => state)).toEqual(['Completed', 'Completed'])
    expect(new Set(done.executions.map(({ nodeId }) => nodeId)).size).toBe(2)
  })

  it('asks a busy node again after a pause', async () => {
    const world = await startWorld()
    const node = await world.node('gate', { bid: no('queue_full') })
    const job = await world.submit({ type: 'batch' })
    await world.untilExecutions(job, { gate: ['AskForBidRejected'] })
    node.script = {}
    await world.pass(6000)
    await world.until(job, 'Completed')
  })

  it('supersedes an offer that is never answered and makes a new one with a higher token', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { bid: () => new Promise<Bid>(() => undefined) })
    const job = await world.submit(ops)
    await eventually(() => gate.timesCalled('offer') === 1)
    await world.pass(61_000)
    gate.script = {}
    await world.pass(30_000)
    const done = await world.until(job, 'Completed')
    const states = statesOf(done)['gate'] ?? []
    expect(states[0]).toBe('Superseded')
    expect(states.at(-1)).toBe('Completed')
    const tokens = [...done.executions].sort((a, b) => a.attempt - b.attempt).map(({ token }) => token)
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
  })

  it('does not let a node that never answers hold up another', async () => {
    const world = await startWorld()
    await world.node('dumb', { bid: () => new Promise<Bid>(() => undefined) })
    await world.node('gate')
    const job = await world.submit(ops)
    await world.untilExecutions(job, { dumb: ['AskForBid'], gate: ['Completed'] })
  })

  it('takes on nodes that join later for a daemon job', async () => {
    const world = await startWorld()
    await world.node('a', { work: () => 'hold' })
    const job = await world.submit({ type: 'daemon' })
    await world.untilExecutions(job, { a: ['Running'] })
    await world.pass(1000)
    await world.node('b', { work: () => 'hold' })
    const view = await world.untilExecutions(job, { a: ['Running'], b: ['Running'] })
    expect(view.state).toBe('Running')
  })
})

import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startWorld, statesOf } from '../support/requester-world.ts'

const ops = { type: 'ops' } as const
const minute = 60_000
const day = 24 * 60 * minute

describe('the requester while links are down', () => {
  it('calls a node disconnected when its link breaks or it is silent, and says since when', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    await world.pass(60_000)
    expect(await world.requester.node('gate')).toMatchObject({ connectivity: 'connected' })
    world.cut(gate)
    expect(await world.requester.node('gate')).toMatchObject({ connectivity: 'disconnected' })
    await world.heal(gate)
    expect(await world.requester.node('gate')).toMatchObject({ connectivity: 'connected' })
    const heardAtMs = world.clock.wallMs()
    await world.clock.advance(32_000)
    await eventually(async () => (await world.requester.node('gate')).disconnectedSinceMs === heardAtMs)
    await gate.beat()
    expect(await world.requester.node('gate')).toMatchObject({ connectivity: 'connected' })
  })

  it('leaves work alone during a week of silence and publishes what was done meanwhile', async () => {
    const world = await startWorld({ timings: { tickMs: 10 * minute } })
    const gate = await world.node('gate', { work: () => 'hold' })
    await world.node('yard')
    const job = await world.submit({ ...ops, disconnect: { tolerateSeconds: 60 } })
    await world.untilExecutions(job, { gate: ['Running'], yard: ['Completed'] })
    world.cut(gate)
    await gate.finish(gate.firstRun!.executionId, 'complete')
    await world.pass(7 * day, 6 * 60 * minute)
    const view = await world.requester.job(job.id)
    expect(statesOf(view)).toEqual({ gate: ['Running'], yard: ['Completed'] })
    expect(view.executions.find(({ nodeName }) => nodeName === 'gate')).toMatchObject({
      connectivity: 'disconnected',
    })
    await world.heal(gate)
    await world.until(job, 'Completed')
    expect(gate.timesCalled('start')).toBe(1)
    await eventually(() => gate.firstRun?.state === 'Completed')
  })

  it('moves batch work after the tolerance, and the old node cannot overwrite the new execution', async () => {
    const world = await startWorld({ timings: { tickMs: minute } })
    const gate = await world.node('a', { work: () => 'hold' })
    const job = await world.submit({ type: 'batch', disconnect: { tolerateSeconds: 3600 } })
    await world.untilExecutions(job, { a: ['Running'] })
    const yard = await world.node('b', { work: () => 'hold' })
    world.cut(gate)
    await world.pass(61 * minute, 10 * minute)
    await world.untilExecutions(job, { a: ['Superseded'], b: ['Running'] })
    const old = gate.firstRun!
    await gate.finish(old.executionId, 'fail')
    await world.heal(gate)
    await eventually(() => gate.timesCalled('cancel') === 1)
    await eventually(async () => (await world.requester.node('a')).ackedReportSeq === gate.reports.length)
    await yard.finish(yard.firstRun!.executionId, 'complete')
    const done = await world.until(job, 'Completed')
    expect(statesOf(done)).toEqual({ a: ['Superseded'], b: ['Completed'] })
    expect(world.log.lines.some(({ message }) => message === 'a report was ignored')).toBe(true)
  })

  it('keeps batch work where it is while most nodes are silent at once', async () => {
    const world = await startWorld({ timings: { tickMs: minute, disconnectedMs: 15 * minute } })
    const gate = await world.node('a', { work: () => 'hold' })
    const job = await world.submit({ type: 'batch', disconnect: { tolerateSeconds: 60 } })
    await world.untilExecutions(job, { a: ['Running'] })
    const others = [await world.node('b'), await world.node('c'), await world.node('d')]
    for (const node of [gate, others[0]!, others[1]!]) world.cut(node)
    await world.pass(60 * minute, 10 * minute)
    expect(statesOf(await world.requester.job(job.id))).toEqual({ a: ['Running'] })
    await world.heal(others[0]!)
    await world.heal(others[1]!)
    await world.pass(5 * minute, minute)
    const { a, ...rest } = statesOf(await world.until(job, 'Completed'))
    expect(a).toEqual(['Superseded'])
    expect(Object.values(rest)).toEqual([['Completed']])
  })

  it('ends executions as data_lost when a node comes back with a new data directory, and runs them again', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    await gate.disconnect()
    gate.loseData()
    gate.script = {}
    await world.connect(gate)
    const view = await world.untilExecutions(job, { gate: ['Failed'] })
    expect(view.executions[0]?.reason?.code).toBe('data_lost')
    await world.pass(3000)
    const done = await world.until(job, 'Completed')
    expect(statesOf(done)).toEqual({ gate: ['Failed', 'Completed'] })
  })

  it('fetches a result from the node when the block is there again, with ever longer pauses', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    gate.isServingBlocks = false
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Publishing'] })
    await world.pass(30 * minute, 5000)
    const failures = world.log.lines.filter(({ message }) =>
      message.startsWith('a result could not be fetched'),
    ).length
    expect(failures).toBeGreaterThan(8)
    expect(failures).toBeLessThan(20)
    gate.isServingBlocks = true
    await world.passUntilExecutions(job, { gate: ['Completed'] })
  })
})

describe('reports', () => {
  it('take effect once, in order, whatever is repeated', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    const run = gate.firstRun!
    await gate.finish(run.executionId, 'complete')
    await world.until(job, 'Completed')
    await eventually(() => run.state === 'Completed')
    await eventually(async () => (await world.requester.node('gate')).ackedReportSeq === 3)
    const before = await world.requester.history(job.id, {})
    expect(await gate.resend([...gate.reports].reverse())).toBe(3)
    expect(await world.requester.history(job.id, {})).toEqual(before)
  })

  it('of another token, of an unknown execution and of a past state are acknowledged and change nothing', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    const run = gate.firstRun!
    const before = await world.requester.history(job.id, {})
    gate.report({ ...run, token: run.token + 1 }, 'Failed', {
      reason: { code: 'engine_failed', message: 'no' },
    })
    gate.report(
      {
        ...run,
        executionId: run.executionId.replace(/.$/, (digit) =>
          digit === '0' ? '1' : '0',
        ) as typeof run.executionId,
      },
      'Failed',
    )
    gate.report(run, 'Preparing')
    await eventually(async () => (await world.requester.node('gate')).ackedReportSeq === gate.reports.length)
    expect(await world.requester.history(job.id, {})).toEqual(before)
    expect(world.log.lines.filter(({ message }) => message === 'a report was ignored')).toHaveLength(3)
  })

  it('that skip states walk through the table', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', {
      start: ({ executionId, jobId, token }) => {
        const run = { executionId, jobId, token, state: 'Accepted' as const, lines: [] }
        gate.runs.set(executionId, run)
        void gate.finish(executionId, 'complete')
        return { accepted: true }
      },
    })
    const job = await world.submit(ops)
    await world.until(job, 'Completed')
    const steps = (await world.requester.history(job.id, {})).filter(({ entity }) => entity === 'execution')
    expect(steps.slice(-3).map(({ from, to }) => `${String(from)}>${to}`)).toEqual([
      'AskForBidAccepted>BidAccepted',
      'BidAccepted>Publishing',
      'Publishing>Completed',
    ])
  })

  it('of a node that has not joined with this data directory are refused', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    await world.untilExecutions(await world.submit(ops), { gate: ['Running'] })
    gate.dataEpoch = 'another'
    await expect(gate.resend(gate.reports)).rejects.toMatchObject({ code: 'state_conflict' })
  })
})

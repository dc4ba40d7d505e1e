import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Bid, JobEvent, JobLogLine } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import { nodeIdOf, specOf } from '../support/records.ts'
import { startWorld, statesOf } from '../support/requester-world.ts'
import { ScriptedNode } from '../support/scripted-node.ts'

const ops = { type: 'ops' } as const
const progress = {
  filesDone: 1,
  filesTotal: 2,
  framesDone: 10,
  framesTotal: 20,
  framesPerSecond: 5,
  events: 0,
}

describe('stopping a job', () => {
  it('is refused when the job is not as it was seen, and leaves it alone', async () => {
    const world = await startWorld()
    const seen = await world.submit({ type: 'ops' })
    const later = await eventually(async () => {
      const job = await world.requester.job(seen.id)
      if (job.revision > seen.revision) return job
      throw new Error('nothing happened yet')
    })
    await expect(world.requester.stop(seen.id, { revisions: [seen.revision] })).rejects.toMatchObject({
      code: 'precondition_failed',
      details: { state: later.state, revision: later.revision },
    })
    expect((await world.requester.job(seen.id)).state).toBe(later.state)
    const stopped = await world.requester.stop(seen.id, { revisions: [seen.revision, later.revision] })
    expect(stopped.state).toBe('Stopped')
  })

  it('cancels at once what no node has begun', async () => {
    const world = await startWorld()
    const early = await world.submit(ops)
    await world.until(early, 'Queued')
    expect((await world.requester.stop(early.id)).state).toBe('Stopped')
    const gate = await world.node('gate', { bid: () => new Promise<Bid>(() => undefined) })
    const offered = await world.submit(ops)
    await eventually(() => gate.timesCalled('offer') === 1)
    expect(statesOf(await world.requester.stop(offered.id))).toEqual({ gate: ['Cancelled'] })
    await expect(world.requester.stop(offered.id)).rejects.toMatchObject({ code: 'job_over' })
  })

  it('cancels what runs when its node says so', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    expect(await world.requester.stop(job.id)).toMatchObject({
      state: 'Stopped',
      reason: { code: 'cancelled_by_user' },
    })
    const view = await world.untilExecutions(job, { gate: ['Cancelled'] })
    expect(view.executions[0]?.reason?.code).toBe('cancelled_by_user')
    expect(gate.timesCalled('cancel')).toBe(1)
  })

  it('reaches a node that is away when it is back, also after a restart', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    world.cut(gate)
    expect(statesOf(await world.requester.stop(job.id))).toEqual({ gate: ['Running'] })
    await world.restart()
    await world.heal(gate)
    await world.untilExecutions(job, { gate: ['Cancelled'] })
  })

  it('never starts what was bid for but not told to start', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', {
      bid: () => ({ accepted: true }),
      start: () => {
        world.cut(gate)
        return { accepted: true }
      },
      work: () => 'hold',
    })
    const job = await world.submit(ops)
    await eventually(() => gate.timesCalled('start') === 1)
    await world.untilExecutions(job, { gate: ['BidAccepted'] })
    expect(statesOf(await world.requester.stop(job.id))).toEqual({ gate: ['Cancelled'] })
    await world.heal(gate)
    await eventually(() => gate.firstRun?.state === 'Cancelled')
    expect(gate.timesCalled('start')).toBe(1)
  })

  it('still fetches work that is done', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    gate.isServingBlocks = false
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Publishing'] })
    await world.requester.stop(job.id)
    gate.isServingBlocks = true
    await world.passUntilExecutions(job, { gate: ['Completed'] })
    expect((await world.requester.job(job.id)).state).toBe('Stopped')
  })
})

describe('submitting and looking up', () => {
  it('gives the same job for the same idempotency key, and refuses another spec', async () => {
    const world = await startWorld()
    const first = await world.requester.submit(specOf(ops), { idempotencyKey: 'k' })
    const again = await world.requester.submit(specOf(ops), { idempotencyKey: 'k' })
    expect([first.created, again.created]).toEqual([true, false])
    expect(again.job.id).toBe(first.job.id)
    await expect(world.requester.submit(specOf(), { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
  })

  it('finds jobs, executions and nodes by full id, short id and name', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    const job = await world.until(await world.submit(ops), 'Completed')
    const [execution] = job.executions
    expect((await world.requester.job(job.id.slice(0, 8))).id).toBe(job.id)
    expect(await world.requester.executionId(execution!.id.slice(0, 10))).toBe(execution!.id)
    for (const given of ['gate', gate.id, gate.id.slice(-8)])
      expect((await world.requester.node(given)).id).toBe(gate.id)
    await expect(world.requester.job('00000000')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(world.requester.job('nonsense')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(world.requester.node('moon')).rejects.toMatchObject({ code: 'node_not_found' })
    await expect(world.requester.executionId('e-00000000')).rejects.toMatchObject({
      code: 'execution_not_found',
    })
  })

  it('pages through jobs, newest first', async () => {
    const world = await startWorld()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      ids.unshift((await world.submit({ ...ops, labels: { n: String(n) } })).id)
      await world.clock.advance(1)
    }
    const first = await world.requester.jobs({ limit: 3 })
    expect(first.jobs.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    const second = await world.requester.jobs({ limit: 3, before: first.next! })
    expect(second.jobs.map(({ id }) => id)).toEqual(ids.slice(3))
    expect(second.next).toBeUndefined()
    const labelled = await world.requester.jobs({ labels: { n: '2' }, states: ['Queued', 'Pending'] })
    expect(labelled.jobs.map(({ id }) => id)).toEqual([ids[2]])
  })
})

describe('watching a job', () => {
  it('tells the whole history once and ends with the job', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    const events: JobEvent[] = []
    const watching = (async () => {
      for await (const event of world.requester.watch({ job: job.id })) events.push(event)
    })()
    await world.untilExecutions(job, { gate: ['Running'] })
    await gate.beat(progress)
    await eventually(() => events.some(({ kind }) => kind === 'progress'))
    expect((await world.requester.executions(job.id))[0]?.progress).toEqual(progress)
    world.cut(gate)
    await eventually(() =>
      events.some((event) => event.kind === 'connectivity' && event.connectivity === 'disconnected'),
    )
    await world.heal(gate)
    await gate.finish(gate.firstRun!.executionId, 'complete')
    await watching
    const told = events.flatMap((event) => (event.kind === 'history' ? [event.entry] : []))
    expect(told).toEqual(await world.requester.history(job.id, {}))
    const after = told[3]!.seq
    const rest: JobEvent[] = []
    for await (const event of world.requester.watch({ job: job.id, afterSeq: after })) rest.push(event)
    expect(rest).toEqual(told.slice(4).map((entry) => ({ kind: 'history', entry })))
  })

  it('ends with its signal, and with the requester', async () => {
    const world = await startWorld()
    const leave = new AbortController()
    const watch = async (signal?: AbortSignal) => {
      for await (const _event of world.requester.watch({ signal })) leave.abort()
    }
    const left = watch(leave.signal)
    const stayed = watch()
    await world.submit(ops)
    await left
    await world.stop()
    await stayed
  })
})

describe('logs', () => {
  const collect = async (lines: AsyncIterable<JobLogLine>): Promise<string[]> => {
    const texts: string[] = []
    for await (const { nodeName, stream, text } of lines) texts.push(`${nodeName} ${stream}: ${text}`)
    return texts
  }

  it('come from the nodes as they print, across a break of the link, and end with the job', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const yard = await world.node('yard', { work: () => 'hold' })
    const job = await world.submit(ops)
    const lines: string[] = []
    const reading = (async () => {
      for await (const { nodeName, text } of world.requester.logs(job.id, { follow: true }))
        lines.push(`${nodeName} ${text}`)
    })()
    await world.untilExecutions(job, { gate: ['Running'], yard: ['Running'] })
    const print = (node: ScriptedNode, text: string) => node.firstRun!.lines.push({ stream: 'stdout', text })
    print(gate, 'one')
    print(yard, 'two')
    await eventually(() => lines.length === 2)
    world.cut(gate)
    print(gate, 'three')
    await world.heal(gate)
    await eventually(async () => {
      await world.pass(1000)
      return lines.length === 3
    })
    await gate.finish(gate.firstRun!.executionId, 'complete')
    await yard.finish(yard.firstRun!.executionId, 'complete')
    await reading
    expect(lines.sort()).toEqual(['gate one', 'gate three', 'yard two'])
  })

  it('come out of the fetched result when the job is over, the node being away', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    const job = await world.until(await world.submit(ops), 'Completed')
    world.cut(gate)
    expect(await collect(world.requester.logs(job.id, { follow: false }))).toEqual([
      'gate stdout: hello from gate',
      'gate stdout: bye',
      'gate stderr: a warning',
    ])
    expect(await collect(world.requester.logs(job.id, { follow: true, tail: 2 }))).toEqual([
      'gate stdout: bye',
      'gate stderr: a warning',
    ])
  })

  it('come with their times from the node when those are asked for, and from the result what the node lacks', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    const job = await world.until(await world.submit(ops), 'Completed')
    gate.firstRun!.lines.push(
      { stream: 'stdout', text: 'hello from gate', atMs: 5000 },
      { stream: 'stderr', text: 'a warning', atMs: 7000 },
    )
    const since = (sinceMs: number): Promise<string[]> =>
      collect(world.requester.logs(job.id, { follow: false, sinceMs }))
    expect(await since(6000)).toEqual(['gate stderr: a warning'])
    const all = ['gate stdout: hello from gate', 'gate stderr: a warning', 'gate stdout: bye']
    expect(await since(0)).toEqual(all)
    world.cut(gate)
    expect((await since(0)).sort()).toEqual(all.sort())
    expect(await since(6000)).toEqual([])
  })

  it('begin with the last lines asked for and go on from there', async () => {
    const world = await startWorld()
    const gate = await world.node('gate', { work: () => 'hold' })
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    const run = gate.firstRun!
    run.lines.push(
      { stream: 'stdout', text: '1' },
      { stream: 'stderr', text: '2' },
      { stream: 'stdout', text: '3' },
    )
    expect(await collect(world.requester.logs(job.id, { follow: false, tail: 1 }))).toEqual([
      'gate stdout: 3',
    ])
    const following = collect(
      world.requester.logs(job.id, { follow: true, tail: 2, execution: run.executionId.slice(0, 10) }),
    )
    run.lines.push({ stream: 'stdout', text: '4' })
    await gate.finish(run.executionId, 'complete')
    expect((await following).slice(-3)).toEqual(expect.arrayContaining(['gate stdout: 4']))
  })
})

describe('membership', () => {
  const token = 'open sesame'
  const membership = { mode: 'token', tokenHash: createHash('sha256').update(token).digest('hex') } as const

  it('approves who knows the token, keeps others waiting, and offers them nothing', async () => {
    const world = await startWorld({ membership })
    const gate = new ScriptedNode(nodeIdOf('gate'), 'gate')
    gate.joinToken = token
    const stranger = new ScriptedNode(nodeIdOf('stranger'), 'stranger')
    stranger.joinToken = 'guess'
    world.nodes.push(gate, stranger)
    await world.connect(gate)
    await world.connect(stranger)
    expect([gate.approval, stranger.approval]).toEqual(['approved', 'pending'])
    const done = await world.until(await world.submit(ops), 'Completed')
    expect(statesOf(done)).toEqual({ gate: ['Completed'] })
    expect(done.passedOver.map(({ reason }) => reason.code)).toEqual(['not_approved'])
    await expect(stranger.beat()).rejects.toMatchObject({ code: 'not_approved' })
    expect(stranger.calls).toEqual([])
  })

  it('lets the operator approve and reject, and keeps both over restarts', async () => {
    const world = await startWorld({ membership })
    const gate = await world.node('gate')
    expect(await world.requester.setApproval('gate', 'approved')).toMatchObject({ approval: 'approved' })
    await world.restart()
    await world.until(await world.submit(ops), 'Completed')
    gate.script = { work: () => 'hold' }
    const job = await world.submit(ops)
    await world.untilExecutions(job, { gate: ['Running'] })
    await world.requester.setApproval('gate', 'rejected')
    const failed = await world.until(job, 'Failed')
    expect(failed.executions[0]?.reason?.code).toBe('node_removed')
    gate.joinToken = token
    await gate.join()
    expect(gate.approval).toBe('rejected')
  })

  it('gives a second node with a live name another one', async () => {
    const world = await startWorld()
    await world.node('gate')
    const twin = new ScriptedNode(nodeIdOf('twin'), 'gate')
    world.nodes.push(twin)
    await world.connect(twin)
    expect((await world.requester.nodes()).map(({ info }) => info.name)).toEqual(['gate', 'gate-twin'])
  })

  it('asks a node of another life to join again', async () => {
    const world = await startWorld()
    const gate = await world.node('gate')
    gate.bootId = 'boot-2'
    const { joins } = gate
    await gate.beat()
    expect(gate.joins).toBe(joins + 1)
  })
})

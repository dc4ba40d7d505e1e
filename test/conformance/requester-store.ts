import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ExecutionRecord } from '../../src/domain/index.ts'
import type { RequesterCommit, RequesterStore } from '../../src/ports/index.ts'
import {
  executionIdOf,
  jobIdOf,
  jobOf,
  nodeIdOf,
  nodeOf,
  reasonOf,
  resultOf,
  startMs,
} from '../support/store-records.ts'
import { jobFacts, jobListFacts } from './requester-store-jobs.ts'

/** What every RequesterStore promises. `make` gives a new, empty store that is not started. */
export function describeRequesterStore(name: string, make: () => Promise<RequesterStore>): void {
  describe(`requester store: ${name}`, () => {
    let store: RequesterStore
    beforeEach(async () => {
      store = await make()
      await store.start()
      onTestFinished(() => store.stop())
    })
    jobFacts(() => store)
    jobListFacts(() => store)
    executionFacts(() => store)
    conflictFacts(() => store)
    messageFacts(() => store)
    nodeFacts(() => store)
    lifeFacts(() => store)
  })
}

type Get = () => RequesterStore

const conflicts = { code: 'state_conflict' }
const atMs = startMs + 5000

/** Everything that the store shows, for “nothing changed”. */
export async function observe(store: RequesterStore): Promise<unknown> {
  const jobs = await store.jobs()
  const nodes = await store.nodes()
  return {
    jobs,
    nodes,
    executions: await Promise.all(jobs.map((job) => store.executionsOfJob(job.id))),
    history: await store.history({}),
    outbox: await Promise.all(nodes.map((node) => store.outbox(node.id, 1000))),
  }
}

async function withExecution(store: RequesterStore, number = 1): Promise<ExecutionRecord> {
  const job = jobOf(number)
  await store.createJob(job)
  await store.putNode(nodeOf(1))
  const { executions } = await store.commit({ atMs, newExecutions: [newExecution(number)] })
  return executions[0]!
}

function newExecution(number: number, jobNumber = number, nodeNumber = 1) {
  return {
    id: executionIdOf(number),
    jobId: jobIdOf(jobNumber),
    nodeId: nodeIdOf(nodeNumber),
    nodeName: `node-${nodeNumber}`,
    attempt: 1,
  }
}

function executionFacts(store: Get): void {
  it('keeps a new execution in state New with the next fencing token', async () => {
    await store().createJob(jobOf(1))
    const made = await store().commit({ atMs, newExecutions: [newExecution(1), newExecution(2, 1, 2)] })
    expect(made.executions).toStrictEqual([
      { ...newExecution(1), token: 1, state: 'New', revision: 0, createdAtMs: atMs, updatedAtMs: atMs },
      { ...newExecution(2, 1, 2), token: 2, state: 'New', revision: 0, createdAtMs: atMs, updatedAtMs: atMs },
    ])
    expect(made.history.map(({ entity, from, to, executionId }) => [entity, from, to, executionId])).toEqual([
      ['execution', null, 'New', executionIdOf(1)],
      ['execution', null, 'New', executionIdOf(2)],
    ])
    expect(await store().executionsOfJob(jobIdOf(1))).toStrictEqual(made.executions)
    expect(await store().execution(executionIdOf(2))).toStrictEqual(made.executions[1])
  })

  it('moves a new execution on in the same commit, with history in order', async () => {
    await store().createJob(jobOf(1))
    const id = executionIdOf(1)
    const { executions, history } = await store().commit({
      atMs,
      jobs: [{ id: jobIdOf(1), expectedRevision: 0, to: 'Running' }],
      newExecutions: [newExecution(1)],
      executions: [
        { id, expectedRevision: 0, to: 'AskForBid' },
        { id, expectedRevision: 1, to: 'AskForBidRejected', set: { reason: reasonOf('no') } },
      ],
    })
    expect(executions).toHaveLength(1)
    expect(executions[0]).toMatchObject({ state: 'AskForBidRejected', revision: 2, reason: reasonOf('no') })
    expect(history.map(({ seq, to, reason }) => [seq, to, reason?.message])).toEqual([
      [2, 'Running', undefined],
      [3, 'New', undefined],
      [4, 'AskForBid', undefined],
      [5, 'AskForBidRejected', 'no'],
    ])
    expect(await store().history({ afterSeq: 1 })).toStrictEqual(history)
  })

  it('keeps the partition, the bid and the choice of an execution, and never changes the partition', async () => {
    const { id } = await withExecution(store())
    const parts = [{ name: 'matchedBytes', value: 7 }]
    const set = {
      partition: 3,
      bid: { matchedFiles: 1, matchedBytes: 7 },
      choice: { isChosen: true, position: 1, of: 2, parts },
    }
    const change = (expectedRevision: number, more: object) =>
      store().commit({ atMs, executions: [{ id, expectedRevision, set: { ...set, ...more } }] })
    await change(0, {})
    expect(await store().execution(id)).toMatchObject(set)
    await expect(change(1, { partition: 4 })).rejects.toMatchObject(conflicts)
    await change(1, { choice: { ...set.choice, isChosen: false } })
    expect(await store().execution(id)).toMatchObject({ ...set, choice: { isChosen: false } })
  })

  it('sets fields without a move: one revision, no history', async () => {
    const before = await withExecution(store())
    const set = {
      exitCode: 3,
      outcome: { state: 'Failed', reason: reasonOf('exit 3') },
      result: resultOf(2),
      runningAtMs: atMs + 1,
    } as const
    const { executions, history } = await store().commit({
      atMs: atMs + 9,
      executions: [{ id: before.id, expectedRevision: 0, set }],
    })
    expect(executions).toStrictEqual([{ ...before, ...set, revision: 1, updatedAtMs: atMs + 9 }])
    expect(history).toEqual([])
    expect(await store().execution(before.id)).toStrictEqual(executions[0])
  })

  it('leaves as it is what a change leaves out or undefined', async () => {
    const { id } = await withExecution(store())
    await store().commit({ atMs, executions: [{ id, expectedRevision: 0, set: { exitCode: 0 } }] })
    await store().commit({
      atMs,
      executions: [
        { id, expectedRevision: 1, to: 'AskForBid', set: { exitCode: undefined, reason: undefined } },
      ],
    })
    expect(await store().execution(id)).toMatchObject({ exitCode: 0, revision: 2, state: 'AskForBid' })
    expect(await store().execution(id)).not.toHaveProperty('reason')
  })

  it('tells live executions of a node and executions in a state, oldest first', async () => {
    await store().createJob(jobOf(1))
    await store().commit({
      atMs,
      newExecutions: [newExecution(5, 1), newExecution(3, 1), newExecution(4, 1, 2), newExecution(1, 1)],
      executions: [{ id: executionIdOf(3), expectedRevision: 0, to: 'Cancelled' }],
    })
    const live = await store().liveExecutionsOfNode(nodeIdOf(1))
    expect(live.map(({ id }) => id)).toEqual([executionIdOf(5), executionIdOf(1)])
    const added = await store().executionsInState('New')
    expect(added.map(({ id }) => id)).toEqual([executionIdOf(5), executionIdOf(4), executionIdOf(1)])
    expect(await store().executionsInState('Running')).toEqual([])
  })

  it('gives history after a number, of one job or of all, up to a limit', async () => {
    await withExecution(store(), 1)
    await withExecution(store(), 2)
    const seqs = async (query: Parameters<RequesterStore['history']>[0]): Promise<number[]> =>
      (await store().history(query)).map(({ seq }) => seq)
    expect(await seqs({})).toEqual([1, 2, 3, 4])
    expect(await seqs({ jobId: jobIdOf(2) })).toEqual([3, 4])
    expect(await seqs({ jobId: jobIdOf(2), afterSeq: 3 })).toEqual([4])
    expect(await seqs({ afterSeq: 1, limit: 2 })).toEqual([2, 3])
    expect(await seqs({ limit: 0 })).toEqual([])
  })
}

function conflictFacts(store: Get): void {
  it('refuses a whole commit when one expectation of it fails', async () => {
    const { id } = await withExecution(store())
    await store().commit({ atMs, messages: [{ nodeId: nodeIdOf(1), executionId: id, kind: 'offer' }] })
    await store().putNode(nodeOf(1, { ackedReportSeq: 5 }))
    const job = jobIdOf(1)
    const good: RequesterCommit = {
      atMs,
      jobs: [{ id: job, expectedRevision: 0, to: 'Queued' }],
      newExecutions: [newExecution(7, 1)],
      executions: [{ id, expectedRevision: 0, to: 'AskForBid' }],
      messages: [{ nodeId: nodeIdOf(1), executionId: id, kind: 'start' }],
      settledMessages: [1],
      reportCursor: { nodeId: nodeIdOf(1), ackedReportSeq: 6 },
    }
    const bad: Readonly<Record<string, Partial<RequesterCommit>>> = {
      'job revision': { jobs: [{ id: job, expectedRevision: 1, to: 'Queued' }] },
      'job twice at one revision': {
        jobs: [
          { id: job, expectedRevision: 0, to: 'Queued' },
          { id: job, expectedRevision: 0, to: 'Running' },
        ],
      },
      'no such job': { jobs: [{ id: jobIdOf(9), expectedRevision: 0, to: 'Queued' }] },
      'no way': { jobs: [{ id: job, expectedRevision: 0, to: 'Pending' }] },
      'id taken': { newExecutions: [newExecution(1)] },
      'id taken within': { newExecutions: [newExecution(7, 1), newExecution(7, 1)] },
      'of no job': { newExecutions: [newExecution(7, 9)] },
      'execution revision': { executions: [{ id, expectedRevision: 1, to: 'AskForBid' }] },
      'no such execution': { executions: [{ id: executionIdOf(9), expectedRevision: 0, set: {} }] },
      'no way for an execution': { executions: [{ id, expectedRevision: 0, to: 'Running' }] },
      'about no execution': {
        messages: [{ nodeId: nodeIdOf(1), executionId: executionIdOf(9), kind: 'offer' }],
      },
      'cursor back': { reportCursor: { nodeId: nodeIdOf(1), ackedReportSeq: 4 } },
      'cursor of no node': { reportCursor: { nodeId: nodeIdOf(9), ackedReportSeq: 9 } },
    }
    const before = await observe(store())
    for (const [what, part] of Object.entries(bad)) {
      await expect(store().commit({ ...good, ...part }), what).rejects.toMatchObject(conflicts)
      expect(await observe(store()), what).toStrictEqual(before)
    }
    const { executions, messages, history } = await store().commit(good)
    expect(executions.map(({ token }) => token).sort()).toEqual([1, 2])
    expect(messages.map(({ seq }) => seq)).toEqual([2])
    expect(history.map(({ seq }) => seq)).toEqual([3, 4, 5])
    expect(await store().node(nodeIdOf(1))).toMatchObject({ ackedReportSeq: 6 })
  })

  it('lets exactly one of many commits at one revision through', async () => {
    const { id } = await withExecution(store())
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        store().commit({ atMs, executions: [{ id, expectedRevision: 0, to: 'AskForBid' }] }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await store().execution(id)).toMatchObject({ state: 'AskForBid', revision: 1 })
  })

  it('never leaves a state that is over, but still takes fields', async () => {
    const { id } = await withExecution(store())
    await store().commit({ atMs, executions: [{ id, expectedRevision: 0, to: 'Superseded' }] })
    for (const to of ['New', 'AskForBid', 'Running', 'Completed', 'Superseded'] as const) {
      await expect(
        store().commit({ atMs, executions: [{ id, expectedRevision: 1, to }] }),
      ).rejects.toMatchObject(conflicts)
    }
    await store().commit({ atMs, executions: [{ id, expectedRevision: 1, set: { exitCode: 1 } }] })
    expect(await store().execution(id)).toMatchObject({ state: 'Superseded', exitCode: 1, revision: 2 })
  })
}

function messageFacts(store: Get): void {
  it('keeps messages for a node, oldest first, until they are settled', async () => {
    const { id: executionId } = await withExecution(store())
    const nodeId = nodeIdOf(1)
    const { messages } = await store().commit({
      atMs,
      messages: [
        { nodeId, executionId, kind: 'offer' },
        { nodeId: nodeIdOf(2), executionId, kind: 'start' },
        { nodeId, executionId, kind: 'cancel', reason: reasonOf('stop') },
      ],
    })
    expect(messages).toStrictEqual([
      { seq: 1, nodeId, executionId, kind: 'offer', createdAtMs: atMs },
      { seq: 2, nodeId: nodeIdOf(2), executionId, kind: 'start', createdAtMs: atMs },
      { seq: 3, nodeId, executionId, kind: 'cancel', createdAtMs: atMs, reason: reasonOf('stop') },
    ])
    expect(await store().outbox(nodeId, 10)).toStrictEqual([messages[0], messages[2]])
    expect(await store().outbox(nodeId, 1)).toStrictEqual([messages[0]])
    await store().commit({ atMs, settledMessages: [1] })
    expect(await store().outbox(nodeId, 10)).toStrictEqual([messages[2]])
    expect(await store().outbox(nodeIdOf(2), 10)).toStrictEqual([messages[1]])
  })

  it('settles a message twice as once, and never gives its number again', async () => {
    const { id: executionId } = await withExecution(store())
    const message = { nodeId: nodeIdOf(1), executionId, kind: 'published' } as const
    await store().commit({ atMs, messages: [message] })
    await store().commit({ atMs, settledMessages: [1] })
    const { messages } = await store().commit({ atMs, settledMessages: [1, 77], messages: [message] })
    expect(messages.map(({ seq }) => seq)).toEqual([2])
    expect(await store().outbox(nodeIdOf(1), 10)).toHaveLength(1)
  })
}

function nodeFacts(store: Get): void {
  it('keeps nodes in the order in which they came', async () => {
    const [first, second] = [nodeOf(7), nodeOf(3)]
    await store().putNode(first)
    await store().putNode(second)
    await store().putNode({ ...first, approval: 'rejected', bootId: 'boot-2', lastSeenAtMs: atMs })
    expect(await store().nodes()).toStrictEqual([
      { ...first, approval: 'rejected', bootId: 'boot-2', lastSeenAtMs: atMs },
      second,
    ])
    expect(await store().node(second.id)).toStrictEqual(second)
  })

  it('keeps what the requester decided about a node, and forgets a node that is removed', async () => {
    const decided = {
      duty: 'draining',
      drainUntilMs: atMs,
      setLabels: { site: 'south', camera: null },
    } as const
    await store().putNode(nodeOf(1, decided))
    expect(await store().node(nodeIdOf(1))).toStrictEqual(nodeOf(1, decided))
    await store().putNode(nodeOf(1))
    expect(await store().node(nodeIdOf(1))).toStrictEqual(nodeOf(1))
    await store().removeNode(nodeIdOf(1))
    await store().removeNode(nodeIdOf(1))
    expect(await store().node(nodeIdOf(1))).toBeUndefined()
    expect(await store().nodes()).toEqual([])
  })

  it('never takes the report cursor back while the data epoch is the same', async () => {
    await store().putNode(nodeOf(1))
    const cursor = (ackedReportSeq: number) =>
      store().commit({ atMs, reportCursor: { nodeId: nodeIdOf(1), ackedReportSeq } })
    await cursor(4)
    await cursor(4)
    await store().putNode(nodeOf(1, { ackedReportSeq: 2, bootId: 'boot-2' }))
    expect(await store().node(nodeIdOf(1))).toMatchObject({ ackedReportSeq: 4, bootId: 'boot-2' })
    await store().putNode(nodeOf(1, { ackedReportSeq: 0, dataEpoch: 'epoch-2' }))
    expect(await store().node(nodeIdOf(1))).toMatchObject({ ackedReportSeq: 0 })
    await cursor(1)
    expect(await store().node(nodeIdOf(1))).toMatchObject({ ackedReportSeq: 1 })
  })
}

function lifeFacts(store: Get): void {
  it('keeps everything over a stop and a start, and goes on counting', async () => {
    const { id } = await withExecution(store())
    const message = { nodeId: nodeIdOf(1), executionId: id, kind: 'offer' } as const
    await store().commit({ atMs, messages: [message] })
    await store().commit({ atMs, messages: [message], settledMessages: [1, 2] })
    const before = await observe(store())
    await store().stop()
    await store().start()
    expect(await observe(store())).toStrictEqual(before)
    await store().createJob(jobOf(2))
    const { executions, messages, history } = await store().commit({
      atMs,
      newExecutions: [newExecution(2)],
      messages: [message],
    })
    expect(executions[0]).toMatchObject({ token: 2 })
    expect(messages[0]).toMatchObject({ seq: 3 })
    expect(history[0]).toMatchObject({ seq: 4 })
  })

  it('may be started twice and stopped twice, and refuses to work when it is stopped', async () => {
    await store().start()
    await store().createJob(jobOf(1))
    await store().stop()
    await store().stop()
    await expect(store().job(jobIdOf(1))).rejects.toMatchObject({ code: 'internal' })
    await expect(store().createJob(jobOf(2))).rejects.toMatchObject({ code: 'internal' })
  })
}

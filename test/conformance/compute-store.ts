import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { NodeExecutionRecord } from '../../src/domain/index.ts'
import type { ComputeCommit, ComputeStore } from '../../src/ports/index.ts'
import { executionIdOf, jobIdOf, reasonOf, resultOf, specOf, startMs } from '../support/store-records.ts'

/** What every ComputeStore promises. `make` gives a new, empty store that is not started. */
export function describeComputeStore(name: string, make: () => Promise<ComputeStore>): void {
  describe(`compute store: ${name}`, () => {
    let store: ComputeStore
    beforeEach(async () => {
      store = await make()
      await store.start()
      onTestFinished(() => store.stop())
    })
    executionFacts(() => store)
    conflictFacts(() => store)
    reportFacts(() => store)
    checkpointFacts(() => store)
    lifeFacts(() => store)
  })
}

type Get = () => ComputeStore

const conflicts = { code: 'state_conflict' }
const atMs = startMs + 5000

/** Everything that the store shows, for “nothing changed”. */
export async function observe(store: ComputeStore): Promise<unknown> {
  const executions = await store.executions()
  return {
    executions,
    live: await store.executions({ live: true }),
    reports: await store.reportsAfter(0, 10_000),
    lastReportSeq: await store.lastReportSeq(),
    ackedReportSeq: await store.ackedReportSeq(),
    checkpoints: await Promise.all(executions.map(({ id }) => store.checkpoints(id))),
  }
}

const newExecution = (number: number, token = number) => ({
  id: executionIdOf(number),
  jobId: jobIdOf(number),
  token,
  spec: specOf({ engine: { type: 'noop', durationMs: number } }),
})

const report = (number: number, state: NodeExecutionRecord['state'] = 'Accepted') =>
  ({ executionId: executionIdOf(number), jobId: jobIdOf(number), token: number, state, atMs }) as const

async function withExecution(store: ComputeStore, number = 1): Promise<NodeExecutionRecord> {
  const [record] = await store.commit({ atMs, newExecutions: [newExecution(number)] })
  return record!
}

function executionFacts(store: Get): void {
  it('keeps a new execution as Accepted, revision 0, no starts', async () => {
    const made = await store().commit({ atMs, newExecutions: [newExecution(1)] })
    expect(made).toStrictEqual([
      { ...newExecution(1), state: 'Accepted', revision: 0, starts: 0, createdAtMs: atMs, updatedAtMs: atMs },
    ])
    expect(await store().execution(executionIdOf(1))).toStrictEqual(made[0])
    expect(await store().execution(executionIdOf(2))).toBeUndefined()
  })

  it('keeps the partition of an execution', async () => {
    const [made] = await store().commit({ atMs, newExecutions: [{ ...newExecution(1), partition: 2 }] })
    expect(made).toMatchObject({ partition: 2 })
    expect(await store().execution(executionIdOf(1))).toStrictEqual(made)
  })

  it('moves an execution and sets its fields, one revision a change', async () => {
    const before = await withExecution(store())
    const set = {
      token: 9,
      starts: 1,
      reason: reasonOf('again'),
      exitCode: 0,
      outcome: { state: 'Completed' },
      result: resultOf(3),
    } as const
    const [after] = await store().commit({
      atMs: atMs + 1,
      executions: [
        { id: before.id, expectedRevision: 0, to: 'Preparing' },
        { id: before.id, expectedRevision: 1, set },
      ],
    })
    expect(after).toStrictEqual({
      ...before,
      ...set,
      state: 'Preparing',
      revision: 2,
      updatedAtMs: atMs + 1,
    })
    expect(await store().execution(before.id)).toStrictEqual(after)
    await store().commit({ atMs, executions: [{ id: before.id, expectedRevision: 2, set: { starts: 2 } }] })
    expect(await store().execution(before.id)).toMatchObject({ ...set, starts: 2 })
  })

  it('lists executions oldest first, and only those that are not over when asked so', async () => {
    for (const number of [5, 3, 4]) await withExecution(store(), number)
    await store().commit({
      atMs,
      executions: [{ id: executionIdOf(3), expectedRevision: 0, to: 'Cancelled' }],
    })
    const ids = async (query?: { live?: boolean }) => (await store().executions(query)).map(({ id }) => id)
    expect(await ids()).toEqual([5, 3, 4].map(executionIdOf))
    expect(await ids({ live: false })).toEqual([5, 3, 4].map(executionIdOf))
    expect(await ids({ live: true })).toEqual([5, 4].map(executionIdOf))
  })
}

function conflictFacts(store: Get): void {
  it('refuses a whole commit when one expectation of it fails', async () => {
    const { id } = await withExecution(store())
    const good: ComputeCommit = {
      atMs,
      newExecutions: [newExecution(2)],
      executions: [{ id, expectedRevision: 0, to: 'Preparing' }],
      reports: [report(1, 'Preparing')],
    }
    const bad: Readonly<Record<string, Partial<ComputeCommit>>> = {
      'id taken': { newExecutions: [newExecution(2), newExecution(1)] },
      'id taken within': { newExecutions: [newExecution(2), newExecution(2)] },
      revision: { executions: [{ id, expectedRevision: 1, to: 'Preparing' }] },
      'no such execution': { executions: [{ id: executionIdOf(9), expectedRevision: 0, set: {} }] },
      'no way': { executions: [{ id, expectedRevision: 0, to: 'Completed' }] },
      'a lower token': { executions: [{ id, expectedRevision: 0, set: { token: 0 } }] },
    }
    const before = await observe(store())
    for (const [what, part] of Object.entries(bad)) {
      await expect(store().commit({ ...good, ...part }), what).rejects.toMatchObject(conflicts)
      expect(await observe(store()), what).toStrictEqual(before)
    }
    await store().commit(good)
    expect(await store().lastReportSeq()).toBe(1)
    expect(await store().executions()).toHaveLength(2)
  })

  it('refuses what it could not read back, and keeps nothing of it', async () => {
    const { id } = await withExecution(store())
    const before = await observe(store())
    const reason = reasonOf('x'.repeat(4001))
    const unreadable: ComputeCommit[] = [
      { atMs, executions: [{ id, expectedRevision: 0, set: { reason } }] },
      { atMs, newExecutions: [newExecution(2)], reports: [{ ...report(1), reason }] },
    ]
    for (const commit of unreadable) {
      await expect(store().commit(commit)).rejects.toMatchObject({ code: 'internal' })
    }
    expect(await observe(store())).toStrictEqual(before)
  })

  it('lets exactly one of many commits at one revision through', async () => {
    const { id } = await withExecution(store())
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        store().commit({ atMs, executions: [{ id, expectedRevision: 0, set: { starts: 1 } }] }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('never leaves a state that is over', async () => {
    const { id } = await withExecution(store())
    await store().commit({ atMs, executions: [{ id, expectedRevision: 0, to: 'Failed' }] })
    for (const to of ['Accepted', 'Preparing', 'Publishing', 'Completed', 'Failed'] as const) {
      await expect(
        store().commit({ atMs, executions: [{ id, expectedRevision: 1, to }] }),
      ).rejects.toMatchObject(conflicts)
    }
  })
}

function reportFacts(store: Get): void {
  it('numbers reports without gaps and gives them in order', async () => {
    expect(await store().lastReportSeq()).toBe(0)
    expect(await store().reportsAfter(0, 10)).toEqual([])
    const full = {
      ...report(1, 'Publishing'),
      reason: reasonOf('why'),
      exitCode: 1,
      outcome: { state: 'Failed' },
      result: resultOf(1),
    } as const
    await store().commit({ atMs, reports: [report(1), full] })
    await store().commit({ atMs, reports: [report(2)] })
    const all = [
      { seq: 1, ...report(1) },
      { seq: 2, ...full },
      { seq: 3, ...report(2) },
    ]
    expect(await store().reportsAfter(0, 10)).toStrictEqual(all)
    expect(await store().reportsAfter(1, 1)).toStrictEqual([all[1]])
    expect(await store().reportsAfter(3, 10)).toEqual([])
    expect(await store().lastReportSeq()).toBe(3)
  })

  it('remembers the highest acknowledgement, and keeps acknowledged reports to send again', async () => {
    await store().commit({ atMs, reports: [report(1), report(2), report(3)] })
    expect(await store().ackedReportSeq()).toBe(0)
    await store().ackReports(2)
    await store().ackReports(1)
    await store().ackReports(2)
    expect(await store().ackedReportSeq()).toBe(2)
    expect(await store().reportsAfter(0, 10)).toHaveLength(3)
  })

  it('refuses an acknowledgement of reports that there never were', async () => {
    await store().commit({ atMs, reports: [report(1)] })
    for (const seq of [2, -1, 0.5, Number.NaN]) {
      await expect(store().ackReports(seq)).rejects.toMatchObject(conflicts)
    }
    expect(await store().ackedReportSeq()).toBe(0)
  })
}

function checkpointFacts(store: Get): void {
  const [one, two] = [executionIdOf(1), executionIdOf(2)]

  it('gives back the last value of each checkpoint, in the order of their first putting', async () => {
    const value = { files: ['a.mp4', 'b.mp4'], frame: 12.5, done: false, none: null }
    await store().putCheckpoint(one, 'z', value)
    await store().putCheckpoint(one, 'a', 1)
    await store().putCheckpoint(one, 'z', [value])
    await store().putCheckpoint(two, 'z', 'other')
    expect(await store().checkpoint(one, 'z')).toStrictEqual([value])
    expect(await store().checkpoint(one, 'nothing')).toBeUndefined()
    expect([...(await store().checkpoints(one))]).toStrictEqual([
      ['z', [value]],
      ['a', 1],
    ])
    expect(await store().checkpoints(executionIdOf(3))).toEqual(new Map())
  })

  it('takes null, and refuses what is not JSON', async () => {
    await store().putCheckpoint(one, 'null', null)
    expect(await store().checkpoint(one, 'null')).toBeNull()
    for (const value of [undefined, () => 1, 1n]) {
      await expect(store().putCheckpoint(one, 'bad', value)).rejects.toMatchObject({ code: 'internal' })
    }
    expect([...(await store().checkpoints(one)).keys()]).toEqual(['null'])
  })

  it('shares no data with its callers', async () => {
    const value = { files: ['a.mp4'] }
    await store().putCheckpoint(one, 'key', value)
    value.files.push('b.mp4')
    expect(await store().checkpoint(one, 'key')).toEqual({ files: ['a.mp4'] })
  })

  it('removes the checkpoints of one execution', async () => {
    await store().putCheckpoint(one, 'key', 1)
    await store().putCheckpoint(two, 'key', 2)
    await store().removeCheckpoints(one)
    await store().removeCheckpoints(one)
    expect(await store().checkpoints(one)).toEqual(new Map())
    expect(await store().checkpoint(two, 'key')).toBe(2)
  })

  it('remembers single words about the node', async () => {
    expect(await store().meta('dataEpoch')).toBeUndefined()
    await store().putMeta('dataEpoch', 'one')
    await store().putMeta('dataEpoch', 'two')
    await store().putMeta('empty', '')
    expect(await store().meta('dataEpoch')).toBe('two')
    expect(await store().meta('empty')).toBe('')
  })
}

function lifeFacts(store: Get): void {
  it('keeps everything over a stop and a start, and goes on counting', async () => {
    await withExecution(store())
    await store().commit({ atMs, reports: [report(1), report(1)] })
    await store().ackReports(1)
    await store().putCheckpoint(executionIdOf(1), 'key', { at: 3 })
    await store().putMeta('dataEpoch', 'one')
    const before = await observe(store())
    await store().stop()
    await store().start()
    expect(await observe(store())).toStrictEqual(before)
    expect(await store().meta('dataEpoch')).toBe('one')
    await store().commit({ atMs, reports: [report(1)] })
    expect(await store().lastReportSeq()).toBe(3)
  })

  it('may be started twice and stopped twice, and refuses to work when it is stopped', async () => {
    await store().start()
    await withExecution(store())
    await store().stop()
    await store().stop()
    await expect(store().executions()).rejects.toMatchObject({ code: 'internal' })
    await expect(store().putMeta('key', 'value')).rejects.toMatchObject({ code: 'internal' })
  })
}

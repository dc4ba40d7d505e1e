import { expect, it } from 'vitest'
import type { JobRecord } from '../../src/domain/index.ts'
import type { RequesterStore } from '../../src/ports/index.ts'
import { executionIdOf, jobIdOf, jobOf, nodeIdOf, reasonOf, startMs } from '../support/store-records.ts'

type Get = () => RequesterStore

const conflicts = { code: 'state_conflict' }
const atMs = startMs + 5000

/** Making and moving jobs. */
export function jobFacts(store: Get): void {
  it('keeps a job with its first history line', async () => {
    const job = jobOf(1, { spec: { name: 'gate', labels: { site: 'north' } }, idempotencyKey: 'k1' })
    const made = await store().createJob(job)
    expect(made).toStrictEqual({
      record: job,
      created: true,
      history: [
        {
          seq: 1,
          atMs: job.createdAtMs,
          jobId: job.id,
          entity: 'job',
          from: null,
          to: 'Pending',
          revision: 0,
        },
      ],
    })
    expect(await store().job(job.id)).toStrictEqual(job)
    expect(await store().history({ jobId: job.id })).toStrictEqual(made.history)
  })

  it('answers undefined for what is not there', async () => {
    expect(await store().job(jobIdOf(9))).toBeUndefined()
    expect(await store().execution(executionIdOf(9))).toBeUndefined()
    expect(await store().node(nodeIdOf(9))).toBeUndefined()
    expect(await store().executionsOfJob(jobIdOf(9))).toEqual([])
  })

  it('gives the job that has the idempotency key, however it is now', async () => {
    const first = jobOf(1, { idempotencyKey: 'same' })
    await store().createJob(first)
    await store().commit({ atMs, jobs: [{ id: first.id, expectedRevision: 0, to: 'Queued' }] })
    const again = await store().createJob(jobOf(2, { idempotencyKey: 'same' }))
    expect(again).toMatchObject({ created: false, history: [], record: { id: first.id, state: 'Queued' } })
    expect(await store().jobs()).toHaveLength(1)
    expect(await store().history({})).toHaveLength(2)
  })

  it('gives one job to callers who use a key at the same time', async () => {
    const made = await Promise.all(
      [1, 2, 3, 4].map((number) => store().createJob(jobOf(number, { idempotencyKey: 'same' }))),
    )
    expect(made.filter(({ created }) => created)).toHaveLength(1)
    expect(new Set(made.map(({ record }) => record.id)).size).toBe(1)
  })

  it('keeps jobs without a key apart', async () => {
    expect((await store().createJob(jobOf(1))).created).toBe(true)
    expect((await store().createJob(jobOf(2))).created).toBe(true)
  })

  it('refuses a job whose id is taken, or that does not begin Pending at revision 0', async () => {
    await store().createJob(jobOf(1))
    await expect(store().createJob(jobOf(1))).rejects.toMatchObject(conflicts)
    await expect(store().createJob(jobOf(2, { state: 'Running' }))).rejects.toMatchObject(conflicts)
    await expect(store().createJob(jobOf(2, { revision: 3 }))).rejects.toMatchObject(conflicts)
    expect(await store().jobs()).toHaveLength(1)
  })

  it('refuses what it could not read back, and keeps nothing of it', async () => {
    const tooLong = jobOf(1, { reason: reasonOf('x'.repeat(4001)) })
    await expect(store().createJob(tooLong)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('reason.message') as string,
    })
    await store().createJob(jobOf(2))
    await expect(
      store().commit({
        atMs,
        jobs: [{ id: jobIdOf(2), expectedRevision: 0, to: 'Failed', reason: reasonOf('x'.repeat(4001)) }],
      }),
    ).rejects.toMatchObject({ code: 'internal' })
    expect(await store().job(jobIdOf(1))).toBeUndefined()
    expect(await store().job(jobIdOf(2))).toMatchObject({ state: 'Pending', revision: 0 })
  })

  it('moves a job, one revision and one history line a move', async () => {
    const { record } = await store().createJob(jobOf(1))
    const reason = reasonOf('no node yet')
    const { jobs, history } = await store().commit({
      atMs,
      jobs: [{ id: record.id, expectedRevision: 0, to: 'Queued', reason }],
    })
    expect(jobs).toStrictEqual([{ ...record, state: 'Queued', revision: 1, reason, updatedAtMs: atMs }])
    expect(history).toStrictEqual([
      { seq: 2, atMs, jobId: record.id, entity: 'job', from: 'Pending', to: 'Queued', revision: 1, reason },
    ])
    expect(await store().job(record.id)).toStrictEqual(jobs[0])
  })

  it('forgets a job’s reason with the state that it was the reason of', async () => {
    const { record } = await store().createJob(jobOf(1))
    await store().commit({
      atMs,
      jobs: [{ id: record.id, expectedRevision: 0, to: 'Queued', reason: reasonOf('no node yet') }],
    })
    await store().commit({ atMs, jobs: [{ id: record.id, expectedRevision: 1, to: 'Running' }] })
    expect(await store().job(record.id)).not.toHaveProperty('reason')
  })

  it('moves a job more than once in a commit', async () => {
    const { id } = (await store().createJob(jobOf(1))).record
    const { jobs, history } = await store().commit({
      atMs,
      jobs: [
        { id, expectedRevision: 0, to: 'Queued' },
        { id, expectedRevision: 1, to: 'Running' },
      ],
    })
    expect(jobs).toHaveLength(1)
    expect(jobs[0]).toMatchObject({ state: 'Running', revision: 2 })
    expect(history.map(({ from, to, revision }) => [from, to, revision])).toEqual([
      ['Pending', 'Queued', 1],
      ['Queued', 'Running', 2],
    ])
  })

  it('keeps what it has whatever is done to a record that it gave', async () => {
    const { record } = await store().createJob(jobOf(1, { spec: { labels: { site: 'north' } } }))
    for (const given of [record, await store().job(record.id)]) {
      // A store may give frozen data, then the attempt itself is refused.
      Reflect.set(given!.spec.labels, 'site', 'south')
      Reflect.set(given!, 'state', 'Failed')
    }
    expect(await store().job(record.id)).toStrictEqual(jobOf(1, { spec: { labels: { site: 'north' } } }))
  })

  it('shares no data with its callers', async () => {
    const job = jobOf(1, { spec: { labels: { site: 'north' } } })
    const labels = job.spec.labels
    await store().createJob(job)
    labels.site = 'south'
    expect((await store().job(job.id))?.spec.labels).toEqual({ site: 'north' })
  })
}

/** Listing and finding jobs. */
export function jobListFacts(store: Get): void {
  const ids = (jobs: readonly JobRecord[]): number[] => jobs.map((job) => parseInt(job.id.slice(0, 8), 16))

  it('lists jobs newest first, of one time the later kept first', async () => {
    const times: readonly [number, number][] = [
      [1, 30],
      [2, 10],
      [3, 20],
      [4, 20],
    ]
    for (const [number, ms] of times) await store().createJob(jobOf(number, { createdAtMs: startMs + ms }))
    expect(ids(await store().jobs())).toEqual([1, 4, 3, 2])
    expect(ids(await store().jobs({ limit: 2 }))).toEqual([1, 4])
    expect(ids(await store().jobs({ limit: 0 }))).toEqual([])
  })

  it('gives every job once when paging, also after changes', async () => {
    for (let number = 1; number <= 9; number++) {
      await store().createJob(jobOf(number, { createdAtMs: startMs + Math.floor(number / 3) }))
    }
    const seen: number[] = []
    let before: JobRecord['id'] | undefined
    for (;;) {
      const page = await store().jobs({ limit: 2, ...(before === undefined ? {} : { before }) })
      if (page.length === 0) break
      seen.push(...ids(page))
      before = page.at(-1)!.id
      await store().commit({ atMs, jobs: [{ id: before, expectedRevision: 0, to: 'Queued' }] })
    }
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('says job_not_found when asked for the jobs before one that is not there', async () => {
    await expect(store().jobs({ before: jobIdOf(9) })).rejects.toMatchObject({ code: 'job_not_found' })
  })

  it('filters by states and by labels, all of which must match', async () => {
    await store().createJob(jobOf(1, { spec: { labels: { site: 'north', cam: 'a' } } }))
    await store().createJob(jobOf(2, { spec: { labels: { site: 'north', cam: 'b' } } }))
    await store().createJob(jobOf(3, { spec: { labels: { site: 'south', cam: 'a' } } }))
    await store().createJob(jobOf(4))
    await store().commit({ atMs, jobs: [{ id: jobIdOf(1), expectedRevision: 0, to: 'Running' }] })
    await store().commit({ atMs, jobs: [{ id: jobIdOf(4), expectedRevision: 0, to: 'Stopped' }] })
    expect(ids(await store().jobs({ labels: { site: 'north' } }))).toEqual([2, 1])
    expect(ids(await store().jobs({ labels: { site: 'north', cam: 'a' } }))).toEqual([1])
    expect(ids(await store().jobs({ labels: { site: 'NORTH' } }))).toEqual([])
    expect(ids(await store().jobs({ labels: { toString: 'x' } }))).toEqual([])
    expect(ids(await store().jobs({ labels: {} }))).toEqual([4, 3, 2, 1])
    expect(ids(await store().jobs({ states: ['Running', 'Stopped'] }))).toEqual([4, 1])
    expect(ids(await store().jobs({ states: [] }))).toEqual([])
    expect(ids(await store().jobs({ states: ['Pending'], labels: { cam: 'a' } }))).toEqual([3])
    expect(ids(await store().jobs({ states: ['Pending'], before: jobIdOf(3), limit: 5 }))).toEqual([2])
  })

  it('finds jobs by the beginning of their id, three at most', async () => {
    for (const number of [0xaa01, 0xaa02, 0xaa03, 0xaa04, 0xbb01]) await store().createJob(jobOf(number))
    expect(ids(await store().jobsByPrefix('0000aa'))).toEqual([0xaa01, 0xaa02, 0xaa03])
    expect(ids(await store().jobsByPrefix('0000bb01'))).toEqual([0xbb01])
    expect(ids(await store().jobsByPrefix(jobIdOf(0xaa02)))).toEqual([0xaa02])
    expect(await store().jobsByPrefix('')).toHaveLength(3)
    for (const nothing of ['0000cc', '%', '0000_a', `${jobIdOf(0xaa02)}0`]) {
      expect(await store().jobsByPrefix(nothing)).toEqual([])
    }
  })
}

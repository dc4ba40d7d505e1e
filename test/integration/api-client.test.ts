import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import type { EdgeClient } from '../../src/client/index.ts'
import { EdgeError, JobId, JobSpec } from '../../src/domain/index.ts'
import type { JobEvent } from '../../src/domain/index.ts'
import { eventually } from '../support/eventually.ts'
import type { FakeOrchestrator } from '../support/fake-orchestrator.ts'
import { testAgent, testApi } from '../support/test-api.ts'

const spec = { apiVersion: 'edge/v1', engine: { type: 'noop' } } as const
const parsed = JobSpec.parse(spec)
const backoff = { minMs: 1, maxMs: 20 }

async function served(): Promise<{ client: EdgeClient; orchestrator: FakeOrchestrator }> {
  const { api, orchestrator } = testApi()
  await api.start()
  return { client: createClient({ baseUrl: api.url, backoff }), orchestrator }
}

/** As `served`, with the statuses of all answers. */
async function counted(): Promise<Awaited<ReturnType<typeof served>> & { readonly calls: number[] }> {
  const { api, orchestrator } = testApi()
  await api.start()
  const calls: number[] = []
  const counting: typeof fetch = async (...args) => {
    const response = await fetch(...args)
    calls.push(response.status)
    return response
  }
  return { client: createClient({ baseUrl: api.url, backoff, fetch: counting }), orchestrator, calls }
}

describe('the client before a listening API', () => {
  it('mirrors the orchestrator', async () => {
    const { client, orchestrator } = await served()
    const { job, created } = await client.submit(spec, { idempotencyKey: 'k' })
    expect(created).toBe(true)
    expect(job).toEqual(await orchestrator.job(job.id))
    expect(await client.submit(spec, { idempotencyKey: 'k' })).toEqual({ job, created: false })
    const [node] = await orchestrator.nodes()
    const executionId = orchestrator.run(job.id, node!)
    expect(await client.job(job.id.slice(0, 8))).toEqual(await orchestrator.job(job.id))
    expect(await client.executions(job.id)).toEqual(await orchestrator.executions(job.id))
    expect(await client.history(job.id, { afterSeq: 1, limit: 2 })).toEqual(
      await orchestrator.history(job.id, { afterSeq: 1, limit: 2 }),
    )
    expect(await client.results(job.id)).toEqual([])
    expect(await client.jobs({ states: ['Running'], labels: {}, limit: 5 })).toEqual(
      await orchestrator.jobs({}),
    )
    expect((await client.jobs({ labels: { site: 'a=b' } })).jobs).toEqual([])
    expect(await client.nodes()).toEqual(await orchestrator.nodes())
    expect(await client.node('gate')).toEqual(node)
    expect(await client.setApproval('gate', 'rejected')).toMatchObject({ approval: 'rejected' })
    orchestrator.blocks.set('bafkreiabc', Uint8Array.from([0, 1, 255]))
    expect(new Uint8Array(await client.block('bafkreiabc'))).toEqual(Uint8Array.from([0, 1, 255]))
    orchestrator.print(job.id, executionId, 'héllo \u2028 there')
    const lines: string[] = []
    for await (const { text } of client.logs(job.id)) lines.push(text)
    expect(lines).toEqual(['héllo \u2028 there'])
    expect(await client.stop(job.id)).toMatchObject({ state: 'Stopped' })
    expect(await client.agent()).toEqual(testAgent)
    expect(await client.version()).toMatchObject({ version: '0.1.0' })
    expect(await client.alive()).toEqual({ status: 'OK' })
  })

  it('goes through lists page by page, and asks for no page that nobody reads', async () => {
    const { client, orchestrator, calls } = await counted()
    const submitted: string[] = []
    for (let count = 0; count < 5; count++) submitted.unshift((await orchestrator.submit(parsed)).job.id)
    for (const name of ['yard', 'dock', 'attic']) orchestrator.addNode(name)
    const id = submitted[0]!
    for (const node of await orchestrator.nodes()) orchestrator.run(JobId.parse(id), node)
    const pages = { pageSize: 2 }
    expect((await Array.fromAsync(client.eachJob({}, pages))).map((job) => job.id)).toEqual(submitted)
    expect(await Array.fromAsync(client.eachJob({ states: ['Running'] }))).toHaveLength(1)
    expect(await Array.fromAsync(client.eachNode(pages))).toEqual(await orchestrator.nodes())
    expect(await Array.fromAsync(client.eachExecution(id, pages))).toEqual(await orchestrator.executions(id))
    expect(await Array.fromAsync(client.eachResult(id, pages))).toEqual([])
    const history = await orchestrator.history(id, {})
    expect(await Array.fromAsync(client.eachHistory(id, { afterSeq: 2 }, pages))).toEqual(
      history.filter(({ seq }) => seq > 2),
    )
    expect(await client.history(id, { limit: 3 })).toEqual(history.slice(0, 3))
    const page = await client.jobs({ limit: 2 })
    expect((await client.jobs({ limit: 2, cursor: page.next! })).jobs.map((job) => job.id)).toEqual(
      submitted.slice(2, 4),
    )
    const before = calls.length
    for await (const job of client.eachJob({}, pages)) if (job.id === submitted[1]) break
    expect(calls.slice(before)).toHaveLength(1)
  })

  it('is not sent again what has not changed', async () => {
    const { client, orchestrator, calls } = await counted()
    const { job } = await orchestrator.submit(parsed)
    const seen = [await client.job(job.id), await client.job(job.id)]
    orchestrator.moveJob(job.id, 'Queued')
    const queued = await client.job(job.id)
    expect([...seen, queued].map(({ state }) => state)).toEqual(['Pending', 'Pending', 'Queued'])
    expect(seen[1]).not.toBe(seen[0])
    expect(calls).toEqual([200, 304, 200])
  })

  it('stops a job only as it was seen, when asked so', async () => {
    const { client, orchestrator } = await served()
    const { job } = await client.submit(spec)
    orchestrator.moveJob(job.id, 'Queued')
    await expect(client.stop(job.id, { revision: job.revision })).rejects.toMatchObject({
      code: 'precondition_failed',
    })
    const { revision } = await client.job(job.id)
    expect(await client.stop(job.id, { revision })).toMatchObject({ state: 'Stopped' })
  })

  it('brings errors over whole', async () => {
    const { client } = await served()
    await expect(client.job('00000000')).rejects.toBeInstanceOf(EdgeError)
    await expect(client.job('00000000')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(client.job('not an id')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(client.submit({ ...spec, prioriti: 1 } as never)).rejects.toMatchObject({
      code: 'spec_invalid',
      message: 'prioriti: unknown field; did you mean priority?',
      details: { problems: [{ path: 'prioriti', message: 'unknown field', suggestion: 'priority' }] },
    })
    expect(await client.validate({ ...spec, prioriti: 1 })).toMatchObject({ valid: false })
    expect(await client.validate(undefined)).toMatchObject({ valid: false })
    expect(await client.validate(spec)).toEqual({ valid: true, problems: [], spec: JobSpec.parse(spec) })
    const lines = client.logs('00000000')[Symbol.asyncIterator]()
    await expect(lines.next()).rejects.toMatchObject({ code: 'job_not_found' })
    const news = client.watch({ job: '00000000' })[Symbol.asyncIterator]()
    await expect(news.next()).rejects.toMatchObject({ code: 'job_not_found' })
  })

  it('is let in with the token only', async () => {
    const tokenHash = createHash('sha256').update('right').digest('hex')
    const { api } = testApi({ auth: { mode: 'token', tokenHash } })
    await api.start()
    const ask = (token?: string) => createClient({ baseUrl: api.url, token }).nodes()
    await expect(ask('wrong')).rejects.toMatchObject({ code: 'unauthorised' })
    await expect(ask()).rejects.toMatchObject({ code: 'unauthorised' })
    expect(await ask('right')).toHaveLength(1)
    await expect(
      createClient({ baseUrl: api.url }).watch()[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({
      code: 'unauthorised',
    })
  })

  it('follows logs until the job is over', async () => {
    const { client, orchestrator } = await served()
    const { job } = await client.submit(spec)
    const [node] = await orchestrator.nodes()
    const executionId = orchestrator.run(job.id, node!)
    const lines: string[] = []
    const reading = (async () => {
      for await (const { text } of client.logs(job.id, { follow: true })) lines.push(text)
    })()
    for (const text of ['one', 'two', 'three']) {
      orchestrator.print(job.id, executionId, text)
      await eventually(() => lines.at(-1) === text)
    }
    orchestrator.finish(job.id)
    await reading
    expect(lines).toEqual(['one', 'two', 'three'])
  })
})

describe('watching', () => {
  it('gives each history line once, in order, and ends with the job', async () => {
    const { client, orchestrator } = await served()
    const { job } = await client.submit(spec)
    const [node] = await orchestrator.nodes()
    const seen: JobEvent[] = []
    const watching = (async () => {
      for await (const event of client.watch({ job: job.id })) seen.push(event)
    })()
    await eventually(() => seen.length === 1)
    const executionId = orchestrator.run(job.id, node!)
    const progress = {
      filesDone: 1,
      filesTotal: 2,
      framesDone: 1,
      framesTotal: 2,
      framesPerSecond: 1,
      events: 0,
    }
    orchestrator.tell({ kind: 'progress', jobId: job.id, executionId, progress })
    orchestrator.finish(job.id)
    await watching
    const history = await orchestrator.history(job.id, {})
    expect(seen.filter(({ kind }) => kind === 'history')).toEqual(
      history.map((entry) => ({ kind: 'history', entry })),
    )
    expect(seen.filter(({ kind }) => kind === 'progress')).toEqual([
      { kind: 'progress', jobId: job.id, executionId, progress },
    ])
  })

  it('goes on over restarts of the requester, without loss or repetition', async () => {
    const first = testApi()
    await first.api.start()
    const { orchestrator } = first
    const port = Number(new URL(first.api.url).port)
    const client = createClient({ host: '127.0.0.1', port, backoff })
    const { job } = await client.submit(spec)
    const [node] = await orchestrator.nodes()
    const seqs: number[] = []
    let reconnects = 0
    const watching = (async () => {
      for await (const event of client.watch({ job: job.id, onReconnect: () => reconnects++ }))
        if (event.kind === 'history') seqs.push(event.entry.seq)
    })()
    await eventually(() => seqs.length === 1)
    let api = first.api
    for (let restart = 0; restart < 3; restart++) {
      await api.stop()
      orchestrator.run(job.id, node!)
      const before = reconnects
      await eventually(() => reconnects > before + 1)
      api = testApi({ port }, orchestrator).api
      await api.start()
      const { length } = await orchestrator.history(job.id, {})
      await eventually(() => seqs.length === length)
    }
    orchestrator.finish(job.id)
    await watching
    expect(seqs).toEqual((await orchestrator.history(job.id, {})).map(({ seq }) => seq))
  })

  it('waits for a requester that is not there yet, and stops when told', async () => {
    const { api, orchestrator } = testApi()
    await api.start()
    const { port } = new URL(api.url)
    const client = createClient({ host: '127.0.0.1', port: Number(port), backoff })
    await api.stop()
    const leave = new AbortController()
    const attempts: number[] = []
    const watching = (async () => {
      const query = {
        signal: leave.signal,
        onReconnect: ({ attempt }: { attempt: number }) => attempts.push(attempt),
      }
      for await (const event of client.watch(query)) throw new Error(`nobody can say ${event.kind}`)
    })()
    await eventually(() => attempts.length >= 3)
    expect(attempts.slice(0, 3)).toEqual([1, 2, 3])
    leave.abort(new Error('enough'))
    await expect(watching).rejects.toThrow('enough')
    expect(orchestrator.watchers).toBe(0)
  })

  it('closes its connection when its reader leaves the loop', async () => {
    const { client, orchestrator } = await served()
    await client.submit(spec)
    for await (const event of client.watch()) {
      expect(event.kind).toBe('history')
      break
    }
    await eventually(() => orchestrator.watchers === 0)
  })
})

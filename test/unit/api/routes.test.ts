import { describe, expect, it } from 'vitest'
import { JobEvent, JobSpec, JobView } from '../../../src/domain/index.ts'
import type { ExecutionId } from '../../../src/domain/index.ts'
import { testAgent, testApi } from '../../support/test-api.ts'
import type { FakeOrchestrator } from '../../support/fake-orchestrator.ts'

const base = '/api/v1'
const noop = { apiVersion: 'edge/v1', engine: { type: 'noop' } } as const
const spec = (fields: object = {}): JobSpec => JobSpec.parse({ ...noop, ...fields })

async function runningJob(
  orchestrator: FakeOrchestrator,
): Promise<{ job: JobView; executionId: ExecutionId }> {
  const { job } = await orchestrator.submit(spec())
  const [node] = await orchestrator.nodes()
  return { job, executionId: orchestrator.run(job.id, node!) }
}

describe('agent routes', () => {
  it('answer alive, version and node', async () => {
    const { api } = testApi()
    expect((await api.inject(`${base}/agent/alive`)).json()).toEqual({ status: 'OK' })
    expect((await api.inject(`${base}/agent/version`)).json()).toEqual({
      version: '0.1.0',
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    })
    expect((await api.inject(`${base}/agent/node`)).json()).toEqual(testAgent)
  })

  it('work on a node that only computes, where everything else is not supported', async () => {
    const { api } = testApi({ orchestrator: undefined })
    expect((await api.inject(`${base}/agent/node`)).statusCode).toBe(200)
    for (const path of [
      '/jobs',
      '/jobs/abc',
      '/jobs/abc/events',
      '/events',
      '/nodes',
      '/blocks/bafkreiabc',
    ]) {
      const answer = await api.inject(base + path)
      expect([path, answer.statusCode]).toEqual([path, 501])
      expect(answer.json()).toMatchObject({ error: { code: 'not_supported' } })
      expect(answer.json<{ error: { hint: string } }>().error.hint).toContain('requester')
    }
  })
})

describe('job routes', () => {
  it('accept a job, and say where it is', async () => {
    const { api, orchestrator } = testApi()
    const answer = await api.inject({ method: 'POST', url: `${base}/jobs`, payload: { ...noop, name: 'x' } })
    expect(answer.statusCode).toBe(201)
    const job = JobView.parse(answer.json())
    expect(answer.headers['location']).toBe(`${base}/jobs/${job.id}`)
    expect(job).toEqual(await orchestrator.job(job.id))
    expect(job.spec.timeouts.queueSeconds).toBe(86_400)
  })

  it('give the same job for the same idempotency key, and 422 for another spec', async () => {
    const { api } = testApi()
    const submit = (payload: object) =>
      api.inject({ method: 'POST', url: `${base}/jobs`, payload, headers: { 'idempotency-key': 'k1' } })
    const first = await submit(noop)
    const again = await submit(noop)
    expect([first.statusCode, again.statusCode]).toEqual([201, 200])
    expect(again.json()).toEqual(first.json())
    const conflict = await submit({ ...noop, priority: 5 })
    expect(conflict.statusCode).toBe(422)
    expect(conflict.json()).toMatchObject({ error: { code: 'idempotency_conflict' } })
  })

  it('name every problem of a spec, with suggestions', async () => {
    const { api } = testApi()
    const payload = {
      apiVersion: 'edge/v1',
      enigne: {},
      engine: { type: 'noop', durationMs: -1 },
      prioriti: 1,
    }
    const answer = await api.inject({ method: 'POST', url: `${base}/jobs`, payload })
    expect(answer.statusCode).toBe(400)
    const { error } = answer.json<{ error: { code: string; details: { problems: unknown[] } } }>()
    expect(error.code).toBe('spec_invalid')
    expect(error.details.problems).toEqual(
      expect.arrayContaining([
        { path: 'enigne', message: 'unknown field', suggestion: 'engine' },
        { path: 'prioriti', message: 'unknown field', suggestion: 'priority' },
        expect.objectContaining({ path: 'engine.durationMs' }),
      ]),
    )
  })

  it('tell whoever sends a foreign spec who translates it', async () => {
    const { api } = testApi()
    const payload = { Spec: { EngineSpec: { Type: 'noop' } } }
    const sent = await api.inject({ method: 'POST', url: `${base}/jobs`, payload })
    const validated = await api.inject({ method: 'POST', url: `${base}/jobs/validate`, payload })
    const message = expect.stringMatching(/bacalhau\/v1beta2.*edge create/) as unknown
    expect(sent.statusCode).toBe(400)
    expect(sent.json()).toMatchObject({ error: { code: 'spec_invalid', message } })
    expect(validated.json()).toEqual({ valid: false, problems: [{ path: '', message }] })
  })

  it('validate without accepting', async () => {
    const { api, orchestrator } = testApi()
    const validate = async (payload: object) =>
      (await api.inject({ method: 'POST', url: `${base}/jobs/validate`, payload })).json<unknown>()
    expect(await validate(noop)).toEqual({ valid: true, problems: [], spec: spec() })
    expect(await validate({ ...noop, cout: 2 })).toEqual({
      valid: false,
      problems: [{ path: 'cout', message: 'unknown field', suggestion: 'count' }],
    })
    expect((await orchestrator.jobs({})).jobs).toEqual([])
  })

  it('list jobs by state and label, page by page', async () => {
    const { api, orchestrator } = testApi()
    for (const site of ['a', 'b', 'b', 'b']) await orchestrator.submit(spec({ labels: { site, kind: 'x' } }))
    const newest = (await orchestrator.jobs({})).jobs
    orchestrator.moveJob(newest[0]!.id, 'Running')
    const list = async (query: string) =>
      (await api.inject(`${base}/jobs?${query}`)).json<{ jobs: { id: string }[]; next?: string }>()
    const ids = async (query: string) => (await list(query)).jobs.map(({ id }) => id)
    expect(await ids('state=Running')).toEqual([newest[0]!.id])
    expect(await ids('state=Running,Pending&state=Queued')).toHaveLength(4)
    expect(await ids('label=site=b&label=kind=x')).toHaveLength(3)
    const page = await list('limit=3')
    expect(await ids(`limit=3&cursor=${page.next!}`)).toEqual([newest[3]!.id])
    expect(await ids(`before=${newest[1]!.id}`)).toEqual([newest[2]!.id, newest[3]!.id])
  })

  it('show a job, its executions, its history and its results', async () => {
    const { api, orchestrator } = testApi()
    const { job, executionId } = await runningJob(orchestrator)
    const get = async (path: string) => (await api.inject(`${base}/jobs/${job.id}${path}`)).json<unknown>()
    expect(await get('')).toEqual(await orchestrator.job(job.id))
    expect(await get('/executions')).toEqual({ executions: await orchestrator.executions(job.id) })
    const history = await orchestrator.history(job.id, {})
    expect(await get('/history')).toEqual({ history })
    expect(await get(`/history?after=${history[1]!.seq}&limit=2`)).toMatchObject({
      history: history.slice(2, 4),
    })
    const [node] = await orchestrator.nodes()
    orchestrator.publish(job.id, {
      executionId,
      nodeId: node!.id,
      nodeName: 'gate',
      state: 'Completed',
      fetched: true,
      summary: {
        cid: 'bafybeiabc',
        bytes: 1,
        files: 1,
        scannedFiles: 1,
        scannedBytes: 9,
        scannedSeconds: 1,
        events: 0,
        clips: 0,
      },
    })
    expect(await get('/results')).toEqual({ results: await orchestrator.results(job.id) })
    expect(await get('').then((view) => JobView.parse(view).id)).toBe(job.id)
    expect((await api.inject(`${base}/jobs/${job.id.slice(0, 8)}`)).json()).toMatchObject({ id: job.id })
  })

  it('stop a job once', async () => {
    const { api, orchestrator } = testApi()
    const { job } = await orchestrator.submit(spec())
    const stop = () =>
      api.inject({
        method: 'POST',
        url: `${base}/jobs/${job.id}/stop`,
        headers: { 'content-type': 'application/json' },
      })
    expect((await stop()).json()).toMatchObject({ state: 'Stopped' })
    const again = await stop()
    expect([again.statusCode, again.json<{ error: { code: string } }>().error.code]).toEqual([
      409,
      'job_over',
    ])
  })
})

describe('streams', () => {
  it('tell a job’s life as server-sent events, resumable by Last-Event-ID, with an end', async () => {
    const { api, orchestrator } = testApi()
    const { job } = await runningJob(orchestrator)
    orchestrator.finish(job.id)
    const read = async (headers: Record<string, string> = {}) => {
      const answer = await api.inject({ url: `${base}/jobs/${job.id}/events`, headers })
      expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8')
      return answer.body.split('\n\n').filter((frame) => frame !== '' && !frame.startsWith(':'))
    }
    const frames = await read()
    const history = await orchestrator.history(job.id, {})
    expect(frames.at(-1)).toBe('event: end\ndata: {}')
    expect(frames.slice(0, -1)).toEqual(
      history.map(
        (entry) => `id: ${entry.seq}\nevent: history\ndata: ${JSON.stringify({ kind: 'history', entry })}`,
      ),
    )
    const resumed = await read({ 'last-event-id': String(history[2]!.seq) })
    expect(resumed).toEqual(frames.slice(3))
    const [, data = ''] = /data: (.*)/.exec(frames[0]!) ?? []
    expect(JobEvent.parse(JSON.parse(data))).toMatchObject({ kind: 'history' })
  })

  it('give logs as lines of JSON, of one execution or of all, whole, their tail or since a time', async () => {
    const { api, orchestrator } = testApi()
    const { job, executionId } = await runningJob(orchestrator)
    const other = orchestrator.run(job.id, orchestrator.addNode('yard'))
    for (const text of ['one', 'two', 'three']) orchestrator.print(job.id, executionId, text)
    orchestrator.print(job.id, other, 'elsewhere')
    const read = async (query: string) => {
      const answer = await api.inject(`${base}/jobs/${job.id}/logs?${query}`)
      return answer.body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { text: string }).text)
    }
    expect(await read('')).toEqual(['one', 'two', 'three', 'elsewhere'])
    expect(await read(`execution=${executionId.slice(0, 12)}&tail=2`)).toEqual(['two', 'three'])
    orchestrator.print(job.id, other, 'timed', Date.UTC(2026, 10, 25, 9))
    expect(await read('since=2026-11-25T10:00:00%2B01:00')).toEqual(['timed'])
    expect(await read('since=2026-11-25T09:00:00.001Z')).toEqual([])
    expect((await api.inject(`${base}/jobs/${job.id}/logs?since=yesterday`)).statusCode).toBe(400)
    orchestrator.finish(job.id)
    expect(await read('follow=true&tail=1')).toEqual(['timed'])
  })

  it('are 404 for a job or an execution that is not there', async () => {
    const { api, orchestrator } = testApi()
    const { job } = await orchestrator.submit(spec())
    const nobody = '00000000-0000-4000-8000-000000000000'
    for (const path of [`${nobody}/events`, `${nobody}/logs`, `${job.id}/logs?execution=e-0000`])
      expect([path, (await api.inject(`${base}/jobs/${path}`)).statusCode]).toEqual([path, 404])
  })

  it('say that they broke off, and why', async () => {
    const { api, orchestrator, log } = testApi()
    const { job } = await orchestrator.submit(spec())
    // eslint-disable-next-line @typescript-eslint/require-await, require-yield
    orchestrator.logs = async function* () {
      throw new Error('SELECT * FROM secrets')
    }
    const { body } = await api.inject(`${base}/jobs/${job.id}/logs`)
    expect(JSON.parse(body.trim())).toMatchObject({ error: { code: 'internal' } })
    expect(body).not.toContain('SELECT')
    expect(log.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      err: { message: 'SELECT * FROM secrets' },
    })
  })
})

describe('node and block routes', () => {
  it('list, show and approve nodes', async () => {
    const { api, orchestrator } = testApi()
    const [node] = await orchestrator.nodes()
    expect((await api.inject(`${base}/nodes`)).json()).toEqual({ nodes: [node] })
    expect((await api.inject(`${base}/nodes/gate`)).json()).toEqual(node)
    const put = (payload: object) =>
      api.inject({ method: 'PUT', url: `${base}/nodes/gate/approval`, payload })
    expect((await put({ approval: 'rejected' })).json()).toMatchObject({ approval: 'rejected' })
    expect((await orchestrator.node('gate')).approval).toBe('rejected')
    expect((await put({ approval: 'maybe' })).statusCode).toBe(400)
    expect((await put({ approval: 'approved', name: 'root' })).statusCode).toBe(400)
    expect((await api.inject(`${base}/nodes/nobody`)).statusCode).toBe(404)
  })

  it('cordon, label and forget nodes, and explain jobs', async () => {
    const { api, orchestrator } = testApi()
    const put = (path: string, payload: object) =>
      api.inject({ method: 'PUT', url: `${base}/nodes/gate/${path}`, payload })
    expect((await put('duty', { duty: 'cordoned' })).json()).toMatchObject({ duty: 'cordoned' })
    expect((await put('duty', { duty: 'draining', drainSeconds: 5 })).json()).toMatchObject({
      duty: 'draining',
    })
    expect((await put('duty', { duty: 'asleep' })).statusCode).toBe(400)
    expect((await put('duty', { duty: 'draining', drainSeconds: -1 })).statusCode).toBe(400)
    const labels = { site: 'north', camera: null }
    expect((await put('labels', { labels })).json()).toMatchObject({ setLabels: labels })
    expect((await put('labels', { labels: { 'no such key!': 'x' } })).statusCode).toBe(400)
    expect((await put('labels', { labels: { site: 7 } })).statusCode).toBe(400)
    const { job } = await orchestrator.submit(spec())
    expect((await api.inject(`${base}/jobs/${job.id}/explain`)).json()).toMatchObject({
      jobId: job.id,
      nodes: [],
    })
    const gone = await api.inject({ method: 'DELETE', url: `${base}/nodes/gate`, payload: {} })
    expect(gone.json()).toMatchObject({ deleted: expect.stringMatching(/^12D3KooW/) as unknown })
    expect((await api.inject(`${base}/nodes/gate`)).statusCode).toBe(404)
  })

  it('give blocks as bytes that may be cached for ever', async () => {
    const { api, orchestrator } = testApi()
    const bytes = Uint8Array.from([0, 255, 10, 13])
    orchestrator.blocks.set('bafkreiabc', bytes)
    const answer = await api.inject(`${base}/blocks/bafkreiabc`)
    expect(new Uint8Array(answer.rawPayload)).toEqual(bytes)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'private, max-age=31536000, immutable',
      etag: '"bafkreiabc"',
    })
    const missing = await api.inject(`${base}/blocks/bafkreixyz`)
    expect([missing.statusCode, missing.headers['cache-control']]).toEqual([404, 'no-store'])
  })
})

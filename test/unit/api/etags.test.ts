import { describe, expect, it } from 'vitest'
import { JobSpec } from '../../../src/domain/index.ts'
import type { JobView } from '../../../src/domain/index.ts'
import type { FakeOrchestrator } from '../../support/fake-orchestrator.ts'
import { testApi } from '../../support/test-api.ts'

const base = '/api/v1'
const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })

interface World {
  readonly orchestrator: FakeOrchestrator
  readonly job: JobView
  readonly get: (
    path: string,
    ifNoneMatch?: string,
  ) => Promise<{ status: number; etag: string; body: string; headers: object }>
  readonly stop: (ifMatch?: string) => Promise<{ status: number; code: string | undefined }>
}

async function world(): Promise<World> {
  const { api, orchestrator } = testApi()
  const { job } = await orchestrator.submit(spec)
  orchestrator.run(job.id, (await orchestrator.nodes())[0]!)
  return {
    orchestrator,
    job: await orchestrator.job(job.id),
    get: async (path, ifNoneMatch) => {
      const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
      const answer = await api.inject({ url: base + path, headers })
      const { statusCode: status, body } = answer
      return { status, body, etag: String(answer.headers['etag']), headers: answer.headers }
    },
    stop: async (ifMatch) => {
      const answer = await api.inject({
        method: 'POST',
        url: `${base}/jobs/${job.id}/stop`,
        headers: {
          'content-type': 'application/json',
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
      })
      return { status: answer.statusCode, code: answer.json<{ error?: { code: string } }>().error?.code }
    },
  }
}

describe('an ETag', () => {
  it('stands on every document that is read, and spares who has it the body', async () => {
    const { job, get } = await world()
    for (const path of [
      ...['/jobs', `/jobs/${job.id}`, '/nodes', '/nodes/gate', '/agent/node', '/openapi.json'],
      ...['executions', 'history', 'results'].map((list) => `/jobs/${job.id}/${list}`),
    ]) {
      const first = await get(path)
      expect([path, first.status, first.etag]).toEqual([path, 200, expect.stringMatching(/^"[\w-]{10,}"$/)])
      expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache' })
      for (const known of [first.etag, `W/${first.etag}`, `"other", ${first.etag}`, '*']) {
        const again = await get(path, known)
        expect([path, known, again.status, again.body, again.etag]).toEqual([
          path,
          known,
          304,
          '',
          first.etag,
        ])
        expect(again.headers).not.toHaveProperty('content-type')
      }
      expect((await get(path, '"other"')).status).toBe(200)
    }
  })

  it('changes with the state, and with what only passes by', async () => {
    const { orchestrator, job, get } = await world()
    const path = `/jobs/${job.id}`
    const first = await get(path)
    expect(first.etag).toMatch(new RegExp(`^"${job.revision}-`))
    const view = await orchestrator.job(job.id)
    const read = orchestrator.job.bind(orchestrator)
    orchestrator.job = () =>
      Promise.resolve({ ...view, executions: [{ ...view.executions[0]!, connectivity: 'disconnected' }] })
    const silent = await get(path, first.etag)
    expect([silent.status, silent.etag === first.etag]).toEqual([200, false])
    orchestrator.job = read
    orchestrator.finish(job.id)
    expect((await get(path, first.etag)).etag).toMatch(new RegExp(`^"${job.revision + 1}-`))
    expect((await get('/jobs', first.etag)).status).toBe(200)
  })

  it('is that of the content for a block', async () => {
    const { orchestrator, get } = await world()
    orchestrator.blocks.set('bafkreiabc', Uint8Array.from([0, 255]))
    expect((await get('/blocks/bafkreiabc', '"bafkreiabc"')).status).toBe(304)
    expect((await get('/blocks/bafkreiabc', '"bafkreixyz"')).status).toBe(200)
  })

  it('stands on no error and no stream', async () => {
    const { orchestrator, job, get } = await world()
    expect(await get('/jobs/00000000', '*')).toMatchObject({ status: 404, etag: 'undefined' })
    orchestrator.finish(job.id)
    expect(await get(`/jobs/${job.id}/events`, '*')).toMatchObject({ status: 200, etag: 'undefined' })
    expect(await get(`/jobs/${job.id}/logs`, '*')).toMatchObject({ status: 200, etag: 'undefined' })
  })
})

describe('If-Match', () => {
  it('stops a job that is as it was seen', async () => {
    for (const tag of ['*', 'etag', 'revision', 'one of two']) {
      const { job, get, stop } = await world()
      const { etag } = await get(`/jobs/${job.id}`)
      const texts: Record<string, string> = {
        '*': '*',
        etag,
        revision: `"${job.revision}"`,
        'one of two': `"999", ${etag}`,
      }
      expect([tag, await stop(texts[tag])]).toEqual([tag, { status: 200, code: undefined }])
    }
  })

  it('leaves a job alone that has changed since, and says how it is', async () => {
    const { orchestrator, job, get, stop } = await world()
    const { etag } = await get(`/jobs/${job.id}`)
    orchestrator.moveJob(job.id, 'Queued')
    for (const tag of [etag, `"${job.revision}"`, `W/"${job.revision + 1}"`, 'nonsense', '""'])
      expect([tag, await stop(tag)]).toEqual([tag, { status: 412, code: 'precondition_failed' }])
    expect((await orchestrator.job(job.id)).state).toBe('Queued')
    expect(await stop()).toEqual({ status: 200, code: undefined })
  })
})

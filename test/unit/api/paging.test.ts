import { describe, expect, it } from 'vitest'
import { JobSpec } from '../../../src/domain/index.ts'
import type { ExecutionId, JobView } from '../../../src/domain/index.ts'
import type { FakeOrchestrator } from '../../support/fake-orchestrator.ts'
import { testApi } from '../../support/test-api.ts'

const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' } })

interface World {
  readonly orchestrator: FakeOrchestrator
  readonly job: JobView
  readonly get: (url: string) => Promise<{ status: number; body: Record<string, unknown>; link: string }>
}

/** A job with executions and results on seven nodes, and six more jobs. */
async function world(): Promise<World> {
  const { api, orchestrator } = testApi()
  for (const name of ['yard', 'dock', 'attic', 'hall', 'barn', 'shed']) orchestrator.addNode(name)
  const { job } = await orchestrator.submit(spec)
  for (const node of await orchestrator.nodes()) publish(orchestrator, job, orchestrator.run(job.id, node))
  for (let count = 0; count < 6; count++) await orchestrator.submit(spec)
  return {
    orchestrator,
    job,
    get: async (url) => {
      const answer = await api.inject(url)
      return {
        status: answer.statusCode,
        body: answer.json<Record<string, unknown>>(),
        link: String(answer.headers['link'] ?? ''),
      }
    },
  }
}

function publish(orchestrator: FakeOrchestrator, job: JobView, executionId: ExecutionId): void {
  const counts = {
    bytes: 1,
    files: 1,
    scannedFiles: 1,
    scannedBytes: 9,
    scannedSeconds: 1,
    events: 0,
    clips: 0,
  }
  orchestrator.publish(job.id, {
    executionId,
    nodeId: job.executions[0]?.nodeId ?? orchestrator.addNode('gate').id,
    nodeName: 'gate',
    state: 'Completed',
    fetched: true,
    summary: { cid: 'bafybeiabc', ...counts },
  })
}

const lists = ['jobs', 'nodes', 'executions', 'results', 'history'] as const
const urlOf = (list: (typeof lists)[number], { id }: JobView): string =>
  `/api/v1/${list === 'jobs' || list === 'nodes' ? list : `jobs/${id}/${list}`}`

describe.each(lists)('the list of %s', (list) => {
  it('comes page by page, whole and in one order, by following Link', async () => {
    const { job, get } = await world()
    const whole = (await get(urlOf(list, job))).body
    const all = whole[list] as unknown[]
    expect(all.length).toBeGreaterThanOrEqual(7)
    expect(whole).not.toHaveProperty('next')
    const seen: unknown[] = []
    for (let url = `${urlOf(list, job)}?limit=3`; url !== '';) {
      const { body, link } = await get(url)
      const items = body[list] as unknown[]
      expect(items.length).toBe(Math.min(3, all.length - seen.length))
      seen.push(...items)
      const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(link) ?? []
      expect(next === '').toBe(body['next'] === undefined)
      if (next !== '') expect(new URLSearchParams(next.split('?')[1]).get('cursor')).toBe(body['next'])
      url = next
    }
    expect(seen).toEqual(all)
  })

  it('has no next page when the last one is just full', async () => {
    const { job, get } = await world()
    const all = (await get(urlOf(list, job))).body[list] as unknown[]
    const { body, link } = await get(`${urlOf(list, job)}?limit=${all.length}`)
    expect([body['next'], link]).toEqual([undefined, ''])
  })

  it('refuses a limit of none or too many, and a cursor that is not its own', async () => {
    const { job, get } = await world()
    const foreign = (await get(urlOf(list === 'jobs' ? 'nodes' : 'jobs', job) + '?limit=1')).body['next']
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=x',
      'cursor=',
      'cursor=abc',
      `cursor=${String(foreign)}`,
    ]) {
      const { status, body } = await get(`${urlOf(list, job)}?${query}`)
      expect([query, status, body['error']]).toEqual([
        query,
        400,
        expect.objectContaining({ code: 'request_invalid' }),
      ])
    }
  })
})

describe('a page', () => {
  it('keeps its filters in the link', async () => {
    const { get } = await world()
    const { link } = await get('/api/v1/jobs?state=Pending&limit=2')
    expect(link).toMatch(/^<\/api\/v1\/jobs\?state=Pending&limit=2&cursor=[\w-]+>; rel="next"$/)
  })

  it('neither loses nor repeats what was there before, when nodes join in between', async () => {
    const { orchestrator, get } = await world()
    const names = (body: Record<string, unknown>): string[] =>
      (body['nodes'] as { info: { name: string } }[]).map(({ info }) => info.name)
    const first = await get('/api/v1/nodes?limit=4')
    orchestrator.addNode('aaa')
    orchestrator.addNode('zzz')
    const rest = await get(`/api/v1/nodes?cursor=${String(first.body['next'])}`)
    expect([...names(first.body), ...names(rest.body)]).toEqual([
      ...['attic', 'barn', 'dock', 'gate', 'hall', 'shed', 'yard', 'zzz'],
    ])
  })

  it('begins after `after` in the history', async () => {
    const { job, get } = await world()
    const all = (await get(urlOf('history', job))).body['history'] as { seq: number }[]
    const { body } = await get(`${urlOf('history', job)}?after=${all[4]!.seq}&limit=2`)
    expect(body['history']).toEqual(all.slice(5, 7))
  })
})

import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { InjectOptions } from 'fastify'
import type { Api } from '../../../src/api/index.ts'
import { testApi } from '../../support/test-api.ts'

const json = { 'content-type': 'application/json' }
const noop = '{"apiVersion":"edge/v1","engine":{"type":"noop"}}'

async function ask(api: Api, options: InjectOptions): Promise<[number, string]> {
  const answer = await api.inject(options)
  const { error } = answer.json<{ error?: { code: string; hint: string } }>()
  if (error !== undefined) expect(error.hint).not.toBe('')
  return [answer.statusCode, error?.code ?? 'ok']
}

describe('a request from the wrong place', () => {
  it('is refused when its Host is not this API (DNS rebinding)', async () => {
    const { api } = testApi()
    const host = (name: string) => ask(api, { url: '/api/v1/agent/alive', headers: { host: name } })
    for (const name of [
      'evil.example',
      'evil.example:1234',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      '10.0.0.9',
      'localhost@evil',
      '[::1',
    ])
      expect([name, await host(name)]).toEqual([name, [403, 'forbidden']])
    for (const name of ['localhost', 'LOCALHOST:1234', '127.0.0.1:9', '[::1]:1234', '[::1]'])
      expect([name, await host(name)]).toEqual([name, [200, 'ok']])
  })

  it('may use the configured host and the allowed hosts; behind a wildcard any IP address', async () => {
    const { api } = testApi({ host: 'box.lan', allowedHosts: ['hub.example'] })
    const hosts = async (of: Api, name: string) =>
      (await ask(of, { url: '/api/v1/agent/alive', headers: { host: name } }))[0]
    expect(await hosts(api, 'box.lan:1234')).toBe(200)
    expect(await hosts(api, 'Hub.Example')).toBe(200)
    expect(await hosts(api, '192.168.1.5:1234')).toBe(403)
    for (const wildcard of ['0.0.0.0', '::']) {
      const open = testApi({ host: wildcard }).api
      expect(await hosts(open, '192.168.1.5:1234')).toBe(200)
      expect(await hosts(open, '[fe80::1]:1234')).toBe(200)
      expect(await hosts(open, 'evil.example')).toBe(403)
    }
  })

  it('is refused when a page of another site sends it', async () => {
    const { api } = testApi()
    const get = (headers: Record<string, string>) =>
      ask(api, { url: '/api/v1/nodes', headers: { host: 'localhost:1234', ...headers } })
    for (const origin of ['http://evil.example', 'http://localhost:9999', 'https://localhost:1234', 'null'])
      expect([origin, await get({ origin })]).toEqual([origin, [403, 'forbidden']])
    expect(await get({ 'sec-fetch-site': 'cross-site' })).toEqual([403, 'forbidden'])
    expect(await get({ origin: 'http://localhost:1234' })).toEqual([200, 'ok'])
  })

  it('is refused when a form could have sent it', async () => {
    const { api, orchestrator } = testApi()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/json',
      'application/json+x',
      '',
    ])
      expect([
        type,
        await ask(api, {
          method: 'POST',
          url: '/api/v1/jobs',
          payload: noop,
          headers: { 'content-type': type },
        }),
      ]).toEqual([type, [400, 'request_invalid']])
    const { job } = await orchestrator.submit(JSON.parse(noop) as never)
    expect(await ask(api, { method: 'POST', url: `/api/v1/jobs/${job.id}/stop` })).toEqual([
      400,
      'request_invalid',
    ])
    expect((await orchestrator.job(job.id)).state).toBe('Pending')
    const charset = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect(await ask(api, { method: 'POST', url: '/api/v1/jobs', payload: noop, headers: charset })).toEqual([
      201,
      'ok',
    ])
  })
})

describe('a body that is no spec', () => {
  const post = (api: Api, payload: string | Buffer) =>
    ask(api, { method: 'POST', url: '/api/v1/jobs', payload, headers: json })

  it('is refused whatever it is', async () => {
    const { api, orchestrator } = testApi()
    const deep = (levels: number) =>
      `{"apiVersion":"edge/v1","engine":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const many = (entries: number) =>
      `{"apiVersion":"edge/v1","engine":{"type":"noop"},"labels":{${Array.from({ length: entries }, (_, at) => `"k${at}":"v"`).join()}}}`
    const cases: [string, string | Buffer, [number, string]][] = [
      ['too large', `"${'x'.repeat(1_100_000)}"`, [413, 'payload_too_large']],
      ['no JSON', '{"apiVersion":', [400, 'request_invalid']],
      ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), [400, 'request_invalid']],
      ['__proto__', '{"__proto__":{"isAdmin":true},"apiVersion":"edge/v1"}', [400, 'request_invalid']],
      [
        'nested __proto__',
        `{"apiVersion":"edge/v1","engine":{"__proto__":null,"type":"noop"}}`,
        [400, 'request_invalid'],
      ],
      ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', [400, 'request_invalid']],
      ['too deep', deep(40), [400, 'request_invalid']],
      ['far too deep', deep(200_000), [400, 'request_invalid']],
      ['too many fields', many(20_000), [400, 'request_invalid']],
      ['a long field name', `{"${'k'.repeat(100_000)}":1}`, [400, 'request_invalid']],
      [
        'infinite',
        '{"apiVersion":"edge/v1","engine":{"type":"noop","durationMs":1e400}}',
        [400, 'spec_invalid'],
      ],
      ['empty', '', [400, 'spec_invalid']],
      ['null', 'null', [400, 'spec_invalid']],
      ['a list', '[]', [400, 'spec_invalid']],
      ['a string', '"x"', [400, 'spec_invalid']],
      [
        'mass assignment',
        noop.replace('{', '{"state":"Completed","owner":"root","token":9,'),
        [400, 'spec_invalid'],
      ],
    ]
    for (const [name, payload, expected] of cases)
      expect([name, await post(api, payload)]).toEqual([name, expected])
    expect((await orchestrator.jobs({})).jobs).toEqual([])
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
    expect(await post(api, `\uFEFF${noop}`)).toEqual([201, 'ok'])
  })

  it('lists at most a hundred problems', async () => {
    const { api } = testApi()
    const payload = `{${Array.from({ length: 3_000 }, (_, at) => `"field${at}":1`).join()}}`
    const answer = await api.inject({ method: 'POST', url: '/api/v1/jobs', payload, headers: json })
    expect(
      answer.json<{ error: { details: { problems: unknown[] } } }>().error.details.problems,
    ).toHaveLength(100)
  })
})

describe('paths, queries and headers', () => {
  it('that name nothing are 404 in the same shape, never 500', async () => {
    const { api } = testApi()
    const cases: [string, string][] = [
      ['/', 'route_not_found'],
      ['/api/v1', 'route_not_found'],
      ['/api/v1/', 'route_not_found'],
      ['/api/v2/jobs', 'route_not_found'],
      ['/api/v1/jobs/a/b/c', 'route_not_found'],
      ['/api/v1/jobs/%zz', 'route_not_found'],
      [`/api/v1/jobs/${'a'.repeat(5_000)}`, 'route_not_found'],
      ['/api/v1/jobs/..%2f..%2fetc%2fpasswd', 'job_not_found'],
      ['/api/v1/jobs/%00', 'job_not_found'],
      ['/api/v1/jobs/%25', 'job_not_found'],
      ['/api/v1/jobs/%F0%9F%92%A9', 'job_not_found'],
      ['/api/v1/jobs/__proto__', 'job_not_found'],
      [`/api/v1/jobs/${'a'.repeat(150)}`, 'job_not_found'],
      ['/api/v1/nodes/..%2f..%2fetc', 'node_not_found'],
      ['/api/v1/nodes/%0a', 'node_not_found'],
      ['/api/v1/nodes/constructor', 'node_not_found'],
      ['/api/v1/blocks/..%2f..%2fetc%2fpasswd', 'block_missing'],
      ['/api/v1/blocks/short', 'block_missing'],
      ['//evil.example/x', 'route_not_found'],
    ]
    for (const [url, code] of cases) expect([url, await ask(api, { url })]).toEqual([url, [404, code]])
    expect(await ask(api, { method: 'DELETE', url: '/api/v1/jobs/abc', headers: json })).toEqual([
      404,
      'route_not_found',
    ])
  })

  it('that are out of range name the field', async () => {
    const { api } = testApi()
    const bad = [
      'limit=0',
      'limit=1000000000',
      'limit=x',
      'limit=1.5',
      'state=Sleeping',
      'label=__proto__=x',
      'label=site',
      'limti=3',
      'before=%27%20OR%201',
      'state=Running&state=',
    ]
    for (const query of bad)
      expect([query, await ask(api, { url: `/api/v1/jobs?${query}` })]).toEqual([
        query,
        [400, 'request_invalid'],
      ])
    const { error } = (await api.inject('/api/v1/jobs?limti=3')).json<{ error: { message: string } }>()
    expect(error.message).toBe('query: limti: unknown field; did you mean limit?')
    for (const id of ['-1', 'x', '1'.repeat(40)])
      expect(await ask(api, { url: '/api/v1/events', headers: { 'last-event-id': id } })).toEqual([
        400,
        'request_invalid',
      ])
    const key = { ...json, 'idempotency-key': 'k'.repeat(300) }
    expect(await ask(api, { method: 'POST', url: '/api/v1/jobs', payload: noop, headers: key })).toEqual([
      400,
      'request_invalid',
    ])
  })

  it('carry a request id that is taken when sane, made otherwise, and always given back', async () => {
    const { api, log } = testApi()
    const id = async (given: string) =>
      (await api.inject({ url: '/api/v1/agent/alive', headers: { 'x-request-id': given } })).headers[
        'x-request-id'
      ]
    expect(await id('cli-42.a_b')).toBe('cli-42.a_b')
    for (const given of ['', 'a b', 'x'.repeat(65), '{"a":1}', '<script>'])
      expect(await id(given)).toMatch(/^[0-9a-f-]{36}$/)
    const badUrl = await api.inject({ url: '/api/v1/jobs/%zz', headers: { 'x-request-id': 'r9' } })
    expect([badUrl.headers['x-request-id'], badUrl.json<{ requestId: string }>().requestId]).toEqual([
      'r9',
      'r9',
    ])
    expect(log.lines.some(({ fields }) => 'requestId' in fields && fields.requestId === 'cli-42.a_b')).toBe(
      true,
    )
  })

  it('never reach the log', async () => {
    const { api, log } = testApi({
      auth: { mode: 'token', tokenHash: createHash('sha256').update('s3cret').digest('hex') },
    })
    const headers = { authorization: 'Bearer s3cret', cookie: 'c00kie', 'x-other': 'oth3r' }
    await api.inject({ url: '/api/v1/nodes', headers })
    await api.inject({ url: '/api/v1/nowhere?token=s3cret', headers })
    expect(log.lines.length).toBeGreaterThan(0)
    expect(JSON.stringify(log.lines)).not.toMatch(/s3cret|c00kie|oth3r/)
  })
})

describe('the socket', () => {
  it('gets 400 for what is no HTTP, and the API lives on', async () => {
    const { api } = testApi()
    await api.start()
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    socket.write('HELLO\r\n\r\n')
    const answer = await text(socket)
    expect(answer).toContain('400 Bad Request')
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
      error: { code: 'request_invalid' },
    })
    expect((await fetch(`${api.url}/api/v1/agent/alive`)).status).toBe(200)
  })

  it('gets 403 for a request without Host', async () => {
    const { api } = testApi()
    await api.start()
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    socket.write('GET /api/v1/agent/alive HTTP/1.0\r\n\r\n')
    expect(await text(socket)).toContain('403 Forbidden')
  })

  it('refuses a request smuggled with two lengths', async () => {
    const { api } = testApi()
    await api.start()
    const { port } = new URL(api.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      `POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    )
    expect(await text(socket)).toContain('400 Bad Request')
  })

  it('is closed for a body that is too large before all of it is read', async () => {
    const { api } = testApi()
    await api.start()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(`${api.url}/api/v1/jobs`, {
        method: 'POST',
        headers: { ...json, 'content-length': 5_000_000_000 },
      })
      request.on('response', (response) => {
        resolve(response.statusCode)
        request.destroy()
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(status).toBe(413)
  })
})

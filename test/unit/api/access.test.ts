import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testApi } from '../../support/test-api.ts'

interface OpenApi {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>
}

const auth = { mode: 'token', tokenHash: createHash('sha256').update('right').digest('hex') } as const

async function operations(api: {
  openapi(): Promise<object>
}): Promise<{ method: string; path: string; operation: Operation }[]> {
  const { paths } = (await api.openapi()) as OpenApi
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

describe('the OpenAPI document', () => {
  it('has every route', async () => {
    const { api } = testApi()
    const routes = (await operations(api)).map(({ method, path }) => `${method} ${path}`)
    expect(routes.sort()).toEqual([
      'DELETE /api/v1/nodes/{node}',
      'GET /api/v1/agent/alive',
      'GET /api/v1/agent/node',
      'GET /api/v1/agent/version',
      'GET /api/v1/blocks/{cid}',
      'GET /api/v1/events',
      'GET /api/v1/jobs',
      'GET /api/v1/jobs/{job}',
      'GET /api/v1/jobs/{job}/events',
      'GET /api/v1/jobs/{job}/executions',
      'GET /api/v1/jobs/{job}/explain',
      'GET /api/v1/jobs/{job}/history',
      'GET /api/v1/jobs/{job}/logs',
      'GET /api/v1/jobs/{job}/results',
      'GET /api/v1/nodes',
      'GET /api/v1/nodes/{node}',
      'GET /api/v1/openapi.json',
      'POST /api/v1/jobs',
      'POST /api/v1/jobs/validate',
      'POST /api/v1/jobs/{job}/stop',
      'PUT /api/v1/nodes/{node}/approval',
      'PUT /api/v1/nodes/{node}/duty',
      'PUT /api/v1/nodes/{node}/labels',
    ])
  })

  it('is whole: ids are unique, parameters are declared, references lead somewhere, nothing is left over', async () => {
    const { api } = testApi()
    const document = (await api.openapi()) as OpenApi
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'edge', version: '0.1.0' })
    const all = await operations(api)
    const ids = all.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(all.length)
    for (const { path, operation } of all) {
      expect([path, operation.operationId, operation.summary, operation.tags?.length]).toEqual([
        path,
        expect.stringMatching(/^[a-z][A-Za-z]+$/),
        expect.stringMatching(/.{5,}/),
        1,
      ])
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(declared.every(({ required }) => required === true)).toBe(true)
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '4XX', '5XX']))
      expect(Object.values(operation.responses).every(({ content }) => content !== undefined)).toBe(true)
    }
    const text = JSON.stringify(document)
    const referred = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    )
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort())
    expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull()
    expect([...referred]).toEqual(
      expect.arrayContaining(['JobSpecInput', 'JobView', 'ErrorBody', 'JobEvent', 'NodeView']),
    )
  })

  it('keeps the descriptions and limits of the domain', async () => {
    const { api } = testApi()
    const { components } = (await api.openapi()) as OpenApi
    expect(components.schemas['JobSpecInput']).toMatchObject({
      required: ['apiVersion', 'engine'],
      additionalProperties: false,
      properties: {
        count: { minimum: 1, maximum: 10_000, default: 1, description: 'batch: on how many nodes' },
      },
    })
  })

  it('is what GET /openapi.json answers', async () => {
    const { api } = testApi()
    expect((await api.inject('/api/v1/openapi.json')).json()).toEqual(await api.openapi())
  })
})

describe('token mode', () => {
  it('asks every route for the token but the health check', async () => {
    const { api } = testApi({ auth })
    for (const { method, path } of await operations(api)) {
      const url = path.replace(/\{\w+\}/g, 'abcdef12')
      const ask = (authorization?: string) =>
        api.inject({
          method: method as 'GET',
          url,
          headers: {
            'content-type': 'application/json',
            ...(authorization === undefined ? {} : { authorization }),
          },
        })
      const isOpen = path === '/api/v1/agent/alive'
      for (const wrong of [
        undefined,
        '',
        'Bearer',
        'Bearer wrong',
        'Bearer right x',
        'Basic right',
        'right',
        `Bearer ${auth.tokenHash}`,
      ]) {
        const answer = await ask(wrong)
        expect([method, path, wrong, answer.statusCode]).toEqual([method, path, wrong, isOpen ? 200 : 401])
        if (isOpen) continue
        expect(answer.json()).toMatchObject({ error: { code: 'unauthorised' } })
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      }
      // A stream of everything never ends; that the token opens it is tested below.
      if (path !== '/api/v1/events')
        expect([path, (await ask('Bearer right')).statusCode]).not.toEqual([path, 401])
    }
    expect((await api.inject('/api/v1/nowhere')).statusCode).toBe(401)
  })

  it('opens the stream of all news with the token', async () => {
    const { api } = testApi({ auth })
    await api.start()
    const leave = new AbortController()
    const answer = await fetch(`${api.url}/api/v1/events`, {
      headers: { authorization: 'bearer right' },
      signal: leave.signal,
    })
    expect(answer.status).toBe(200)
    leave.abort()
  })

  it('refuses everybody when the kept hash is damaged', async () => {
    const { api } = testApi({ auth: { mode: 'token', tokenHash: '' } })
    const answer = await api.inject({ url: '/api/v1/nodes', headers: { authorization: 'Bearer right' } })
    expect(answer.statusCode).toBe(401)
  })
})

describe('listening', () => {
  it('picks a free port for 0, and tells it', async () => {
    const { api } = testApi()
    await api.start()
    await api.start()
    expect(api.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
    expect((await fetch(`${api.url}/api/v1/agent/alive`)).status).toBe(200)
    await api.stop()
    await api.stop()
    await expect(fetch(`${api.url}/api/v1/agent/alive`)).rejects.toThrow()
  })

  it('names host, port and flag when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { api } = testApi({ port })
    await expect(api.start()).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
      hint: expect.stringContaining('--port') as string,
      details: { host: '127.0.0.1', port },
    })
  })

  it('names the flag when the address is not of this machine', async () => {
    const { api } = testApi({ host: '203.0.113.7' })
    await expect(api.start()).rejects.toMatchObject({
      code: 'config_invalid',
      hint: expect.stringContaining('--host') as string,
    })
  })

  it('tells a client on this machine where to go when it listens everywhere', async () => {
    const { api } = testApi({ host: '0.0.0.0' })
    await api.start()
    expect(api.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect((await fetch(`${api.url}/api/v1/agent/alive`)).status).toBe(200)
  })
})

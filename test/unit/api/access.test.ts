import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { operationsOf } from '../../../src/api/reference/document.ts'
import type { OpenApiDocument } from '../../../src/api/reference/document.ts'
import { openPaths } from '../../../src/api/request-guard.ts'
import { testApi } from '../../support/test-api.ts'

const auth = { mode: 'token', tokenHash: createHash('sha256').update('right').digest('hex') } as const

describe('token mode', () => {
  it('asks every route for the token but the health check and the reference page', async () => {
    const { api } = testApi({ auth })
    for (const { method, path } of operationsOf((await api.openapi()) as OpenApiDocument)) {
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
      const isOpen = openPaths.has(path)
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

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/index.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a requester that cannot be reached', () => {
  it('is named with its address and the flags', async () => {
    const port = await freePort()
    await expect(createClient({ host: '127.0.0.1', port }).nodes()).rejects.toMatchObject({
      code: 'requester_unreachable',
      message: `cannot reach the requester at http://127.0.0.1:${port}: connection refused`,
      hint: expect.stringMatching(/--api-host.*--api-port/) as string,
    })
  })

  it('may be a name that nobody knows', async () => {
    await expect(createClient({ host: 'no-such-host.invalid', port: 80 }).alive()).rejects.toMatchObject({
      code: 'requester_unreachable',
      message: expect.stringContaining('no-such-host.invalid') as string,
    })
  })

  it('may take the call and never answer', async () => {
    const baseUrl = await serve(() => undefined)
    await expect(createClient({ baseUrl, timeoutMs: 50 }).alive()).rejects.toMatchObject({
      code: 'requester_unreachable',
      message: expect.stringContaining('no answer in time') as string,
    })
  })

  it('may be another program, or a proxy', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    })
    await expect(createClient({ baseUrl }).alive()).rejects.toMatchObject({
      code: 'requester_unreachable',
      message: expect.stringContaining('HTTP 502') as string,
    })
  })

  it('is asked again once when the connection breaks and saying it twice does no harm', async () => {
    const seen: string[] = []
    const baseUrl = await serve((request, response) => {
      seen.push(`${request.method ?? ''} ${String(request.headers['idempotency-key'] ?? '')}`)
      if (seen.length % 2 === 1) request.socket.destroy()
      else response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(notFound))
    })
    const notFound = {
      error: { code: 'job_not_found', message: 'no', retryable: false, hint: 'h' },
      requestId: 'r',
    }
    const client = createClient({ baseUrl })
    await expect(client.job('abc')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(client.submit({ apiVersion: 'edge/v1', engine: { type: 'noop' } })).rejects.toMatchObject({
      code: 'job_not_found',
    })
    expect(seen.slice(0, 2)).toEqual(['GET ', 'GET '])
    expect(seen[2]).toMatch(/^POST [0-9a-f-]{36}$/)
    expect(seen[3]).toBe(seen[2])
    await expect(client.stop('abc')).rejects.toMatchObject({ code: 'requester_unreachable' })
    expect(seen).toHaveLength(5)
  })
})

describe('an answer', () => {
  it('that is an error keeps code, message, hint and details; unknown codes are internal', async () => {
    let code = 'id_ambiguous'
    const baseUrl = await serve((_request, response) => {
      const error = { code, message: 'm', retryable: false, hint: 'h', details: { a: 1 } }
      response
        .writeHead(409, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error, requestId: 'r' }))
    })
    const client = createClient({ baseUrl })
    await expect(client.job('a')).rejects.toMatchObject({ code, message: 'm', hint: 'h', details: { a: 1 } })
    code = 'of_tomorrow'
    await expect(client.job('a')).rejects.toMatchObject({ code: 'internal', message: 'm', hint: 'h' })
  })

  it('that no schema knows is rpc_protocol, with the field', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"WELL"}')
    })
    await expect(createClient({ baseUrl }).alive()).rejects.toMatchObject({
      code: 'rpc_protocol',
      message: expect.stringContaining('status') as string,
    })
  })

  it('that leads elsewhere is not followed: the token stays here', async () => {
    let asked = 0
    const elsewhere = await serve((_request, response) => {
      asked++
      response.end('{"status":"OK"}')
    })
    const baseUrl = await serve((_request, response) => {
      response.writeHead(302, { location: `${elsewhere}/api/v1/agent/alive` }).end()
    })
    await expect(createClient({ baseUrl, token: 't' }).alive()).rejects.toMatchObject({
      code: 'requester_unreachable',
    })
    expect(asked).toBe(0)
  })
})

describe('what a caller does', () => {
  it('aborts with its own reason', async () => {
    const baseUrl = await serve(() => undefined)
    const reason = new Error('enough')
    const abort = new AbortController()
    const call = createClient({ baseUrl }).nodes({ signal: abort.signal })
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    const watching = createClient({ baseUrl }).watch({ signal: AbortSignal.abort(reason) })
    await expect(watching[Symbol.asyncIterator]().next()).rejects.toBe(reason)
  })

  it('asks for names as one part of the path, whatever they are', async () => {
    const paths: (string | undefined)[] = []
    const baseUrl = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(500).end()
    })
    const client = createClient({ baseUrl })
    for (const name of ['a/../../b', '..', '', 'a?b=c#d', 'ä b'])
      await expect(client.node(name)).rejects.toThrow()
    expect(paths.every((path) => /^\/api\/v1\/nodes\/[^/?#]+$/.test(path ?? ''))).toBe(true)
    expect(paths).toHaveLength(5)
  })

  it('names an address that is none', () => {
    for (const baseUrl of ['', 'not a url', 'ftp://x', 'http://'])
      expect(() => createClient({ baseUrl })).toThrow(
        expect.objectContaining({ code: 'config_invalid' }) as Error,
      )
    expect(createClient({ host: '::1', port: 1234 }).url).toBe('http://[::1]:1234')
    expect(createClient({ host: '0.0.0.0', port: 1234 }).url).toBe('http://127.0.0.1:1234')
  })
})

describe('a stream', () => {
  it('that falls silent is taken for dead and asked for again', async () => {
    let asked = 0
    const baseUrl = await serve((_request, response) => {
      asked++
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (asked === 1) response.write(': alive\n\n')
      else response.end('event: end\ndata: {}\n\n')
    })
    const client = createClient({ baseUrl, silenceMs: 50, backoff: { minMs: 1, maxMs: 5 } })
    const seen: unknown[] = []
    for await (const event of client.watch({ onReconnect: ({ error }) => seen.push(error) })) seen.push(event)
    expect(seen).toEqual([expect.objectContaining({ code: 'requester_unreachable' })])
    expect(asked).toBe(2)
  })

  it('of logs that breaks off is an error, not an end', async () => {
    const line = {
      stream: 'stdout',
      text: 'x',
      executionId: 'e-00000000-0000-4000-8000-000000000000',
      nodeName: 'n',
    }
    const baseUrl = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.write(`${JSON.stringify(line)}\n`, () => request.socket.destroy())
    })
    const seen: string[] = []
    const read = async (): Promise<void> => {
      for await (const { text } of createClient({ baseUrl }).logs('abc')) seen.push(text)
    }
    await expect(read()).rejects.toMatchObject({ code: 'requester_unreachable' })
    expect(seen).toEqual(['x'])
  })
})

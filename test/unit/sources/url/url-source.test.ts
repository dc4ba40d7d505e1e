import { randomBytes } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { InputSource } from '../../../../src/ports/index.ts'
import { createUrlSource, type UrlSourceInit } from '../../../../src/sources/index.ts'
import { eventually } from '../../../support/eventually.ts'
import { FileServer, sha256 } from '../../../support/file-server.ts'
import { inputCache } from '../../../support/input-cache.ts'
import { tempDir } from '../../../support/temp-dir.ts'

interface Place {
  readonly server: FileServer
  readonly dir: string
  readonly source: InputSource
  /** Prepares it for an execution of its own; gives its folder. */
  readonly fetch: (url: string, more?: object, execution?: string) => Promise<string>
}

async function place(init: Partial<UrlSourceInit> = {}, quotaBytes?: number): Promise<Place> {
  const [server, dir] = [await FileServer.start(), await tempDir()]
  const source = createUrlSource({
    cache: await inputCache(dir, quotaBytes),
    allowedHosts: [server.host],
    stallMs: 200,
    retryMs: [1, 1],
    ...init,
  })
  let executions = 0
  return {
    server,
    dir,
    source,
    fetch: async (url, more = {}, execution = String(executions++)) =>
      (
        await source.prepare({
          source: { type: 'url', url, maxBytes: 1_000_000, timeoutSeconds: 60, ...more },
          target: '/inputs',
          scratchDir: join(dir, 'executions', execution),
        })
      ).hostPath,
  }
}

/** Everything below the cache but the notes. */
async function keptFiles(dir: string): Promise<readonly string[]> {
  const all = await readdir(join(dir, 'inputs'), { recursive: true, withFileTypes: true })
  return all.filter((entry) => entry.isFile() && entry.name !== 'entry.json').map(({ name }) => name)
}

const content = randomBytes(300_000)

describe('a url input', () => {
  it('is held to the size that its own job allows, whoever fetched it', async () => {
    const { server, fetch } = await place()
    const url = server.serve('/large.mp4', content)
    const [large, small] = await Promise.allSettled([fetch(url), fetch(url, { maxBytes: 1000 })])
    expect(large.status).toBe('fulfilled')
    expect(small).toMatchObject({ status: 'rejected', reason: { code: 'payload_too_large' } })
  })

  it('is one read-only file in a folder, named as the address is', async () => {
    const { server, fetch } = await place()
    const folder = await fetch(server.serve('/yard/gate%201.mp4', content), { sha256: sha256(content) })
    expect(await readdir(folder)).toEqual(['gate 1.mp4'])
    expect(await readFile(join(folder, 'gate 1.mp4'))).toEqual(content)
    expect((await stat(join(folder, 'gate 1.mp4'))).mode & 0o777).toBe(0o444)
  })

  it('is fetched once, also when two executions want it at the same time', async () => {
    const { server, fetch } = await place()
    const url = server.serve('/a.mp4', content)
    const folders = await Promise.all([fetch(url), fetch(url), fetch(url)])
    await fetch(url)
    expect(new Set(folders).size).toBe(3)
    expect(server.asked).toHaveLength(1)
  })

  it('counts at a bid what is in the cache, and downloads nothing', async () => {
    const { server, source, fetch } = await place()
    const url = server.serve('/a.mp4', content)
    const spec = { type: 'url', url, maxBytes: 1_000_000, timeoutSeconds: 60 } as const
    expect(await source.inspect(spec)).toEqual({ ok: true, files: 0, bytes: 0 })
    expect(server.asked).toEqual([])
    await fetch(url)
    expect(await source.inspect(spec)).toEqual({ ok: true, files: 1, bytes: 300_000 })
    expect(await source.inspect({ ...spec, maxBytes: 1000 })).toMatchObject({
      reason: { code: 'limit_exceeded' },
    })
  })

  it('goes on where the connection broke', async () => {
    const { server, fetch } = await place()
    const large = randomBytes(6_000_000)
    const url = server.serve('/a.mp4', large, { breaks: [2_000_000, 3_000_000] })
    const folder = await fetch(url, { sha256: sha256(large), maxBytes: 6_000_000 })
    expect((await readFile(join(folder, 'a.mp4'))).equals(large)).toBe(true)
    const from = server.asked.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0))
    expect(from).toHaveLength(3)
    expect(from[1]).toBeGreaterThan(0)
    expect(from[2]).toBeGreaterThan(from[1] ?? 0)
  })

  it('begins anew when the file changed while the connection was broken', async () => {
    const { server, fetch } = await place()
    const [old, young] = [randomBytes(200_000), randomBytes(100_000)]
    const url = server.on('/b.mp4', (_request, response) => {
      response.writeHead(200, { etag: '"old"', 'content-length': old.byteLength })
      response.write(old.subarray(0, 150_000), () => {
        server.serve('/b.mp4', young)
        response.socket?.end()
      })
    })
    expect(await readFile(join(await fetch(url), 'b.mp4'))).toEqual(young)
  })

  it('is given up after as many breaks without a byte as there are pauses', async () => {
    const { server, fetch, dir } = await place()
    const url = server.serve('/a.mp4', content, { breaks: [0, 0, 0, 0, 0] })
    await expect(fetch(url)).rejects.toMatchObject({ code: 'input_unavailable' })
    expect(server.asked).toHaveLength(3)
    expect(await keptFiles(dir)).toEqual([])
  })

  it('with another SHA-256 is corrupt, and nothing of it is kept', async () => {
    const { server, fetch, dir } = await place()
    const url = server.serve('/a.mp4', content)
    await expect(fetch(url, { sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'input_corrupt',
      message: expect.stringContaining(sha256(content)) as string,
    })
    expect(await keptFiles(dir)).toEqual([])
    expect(server.asked).toHaveLength(1)
  })

  it('larger than the job allows is refused before it is read, and while it is read when nobody says how large', async () => {
    const { server, fetch, dir } = await place()
    const said = server.serve('/said.mp4', content)
    const unsaid = server.on('/unsaid.mp4', (_request, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), more)
      }
      more()
    })
    for (const url of [said, unsaid])
      await expect(fetch(url, { maxBytes: 200_000 })).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(await keptFiles(dir)).toEqual([])
  })

  it('that stalls is broken off', async () => {
    const { server, fetch } = await place()
    const url = server.on('/a.mp4', (_request, response) => {
      response.writeHead(200, { 'content-length': 10 })
      response.write('12345')
    })
    await expect(fetch(url)).rejects.toMatchObject({ code: 'input_unavailable' })
  })

  it('that drips is broken off when its time is over', async () => {
    const { server, fetch, dir } = await place({ stallMs: 60_000 })
    const url = server.on('/a.mp4', (_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => {
        clearInterval(timer)
      })
    })
    await expect(fetch(url, { timeoutSeconds: 1 })).rejects.toMatchObject({
      code: 'input_unavailable',
      message: expect.stringContaining('within 1 s') as string,
    })
    expect(await keptFiles(dir)).toEqual([])
  })

  it.each([
    [404, 'path_missing'],
    [403, 'path_missing'],
    [500, 'input_unavailable'],
    [429, 'input_unavailable'],
  ])('that the server answers with %i is %s', async (status, code) => {
    const { server, fetch } = await place()
    const url = server.on('/a.mp4', (_request, response) => response.writeHead(status).end())
    await expect(fetch(url)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(String(status)) as string,
    })
  })

  it('that comes packed is refused', async () => {
    const { server, fetch } = await place()
    const url = server.on('/a.mp4', (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    )
    await expect(fetch(url)).rejects.toMatchObject({ code: 'path_missing' })
  })

  it('is named as the server calls it, and as a video when it is one', async () => {
    const { server, fetch } = await place()
    const named = server.on('/download', (_request, response) =>
      response
        .writeHead(200, { 'content-disposition': 'attachment; filename="../../etc/night.mkv"' })
        .end('x'),
    )
    const typed = server.on('/stream/42', (_request, response) =>
      response.writeHead(200, { 'content-type': 'video/mp4; codecs=avc1' }).end('x'),
    )
    expect(await readdir(await fetch(named))).toEqual(['night.mkv'])
    expect(await readdir(await fetch(typed))).toEqual(['42.mp4'])
  })

  it('is not fetched any more when the one execution that wanted it is stopped', async () => {
    const { server, source, dir } = await place({ stallMs: 60_000 })
    let isClosed = false
    const url = server.on('/a.mp4', (_request, response) => {
      response.write('x')
      response.on('close', () => (isClosed = true))
    })
    const stop = new AbortController()
    const preparing = source.prepare(
      {
        source: { type: 'url', url, maxBytes: 10, timeoutSeconds: 60 },
        target: '/i',
        scratchDir: join(dir, 'e'),
      },
      { signal: stop.signal },
    )
    await eventually(() => server.asked.length === 1)
    stop.abort(new Error('cancelled'))
    await expect(preparing).rejects.toThrow('cancelled')
    await eventually(() => isClosed)
  })
})

describe('a redirect', () => {
  it('is followed', async () => {
    const { server, fetch } = await place()
    server.serve('/real.mp4', content)
    const url = server.on('/a.mp4', (_request, response) =>
      response.writeHead(302, { location: '/real.mp4' }).end(),
    )
    expect(await readdir(await fetch(url))).toEqual(['a.mp4'])
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'url_not_allowed'],
    ['http://localhost:1/', 'url_not_allowed'],
    ['http://[::ffff:10.0.0.1]/', 'url_not_allowed'],
    ['file:///etc/passwd', 'url_not_allowed'],
    ['http://[', 'input_unavailable'],
  ])('to %s is refused: %s', async (location, code) => {
    const { server, fetch } = await place()
    const url = server.on('/a.mp4', (_request, response) => response.writeHead(307, { location }).end())
    await expect(fetch(url)).rejects.toMatchObject({ code })
  })

  it('is followed five times and no more', async () => {
    const { server, fetch } = await place({ retryMs: [] })
    for (let hop = 0; hop < 6; hop++)
      server.on(`/${String(hop)}`, (_request, response) =>
        response.writeHead(301, { location: `/${String(hop + 1)}` }).end(),
      )
    server.serve('/6', content)
    await expect(fetch(server.url('/0'))).rejects.toThrow('more than 5 times')
    expect(await readdir(await fetch(server.url('/1')))).toEqual(['1'])
  })
})

describe('a name', () => {
  it('is connected to at the address that was judged, and still called by its name', async () => {
    const server = await FileServer.start()
    const host = `cam.test:${server.host.split(':')[1] ?? ''}`
    const { fetch } = await place({ allowedHosts: [host], lookup: () => Promise.resolve(['127.0.0.1']) })
    server.serve('/a.mp4', content)
    await fetch(`http://${host}/a.mp4`)
    expect(server.asked).toMatchObject([{ host }])
  })

  it('that resolves to another address later is judged again, and refused', async () => {
    const answers = [['93.184.215.14'], ['127.0.0.1']]
    const { server, source, fetch } = await place({
      allowedHosts: [],
      lookup: () => Promise.resolve(answers.shift() ?? []),
    })
    server.serve('/a.mp4', content)
    const url = `http://cam.test:${server.host.split(':')[1] ?? ''}/a.mp4`
    const spec = { type: 'url', url, maxBytes: 1_000_000, timeoutSeconds: 60 } as const
    expect(await source.inspect(spec)).toMatchObject({ ok: true })
    await expect(fetch(url)).rejects.toMatchObject({ code: 'url_not_allowed' })
    expect(server.asked).toEqual([])
  })
})

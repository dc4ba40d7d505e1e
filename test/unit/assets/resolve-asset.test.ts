import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assetManifest, defaultMirrors, resolveAsset, type Asset } from '../../../src/assets/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const content = randomBytes(300_000)
const asset: Asset = {
  kind: 'sample',
  file: 'videos/a.mp4',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  licence: 'none',
  source: 'this test',
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}/a.mp4`
}

async function places() {
  const place = await tempDir()
  const [mirror, cacheDir] = [join(place, 'mirror'), join(place, 'cache')]
  await mkdir(join(mirror, 'videos'), { recursive: true })
  return {
    mirrors: [mirror],
    cacheDir,
    mirrored: join(mirror, asset.file),
    cached: join(cacheDir, asset.file),
  }
}

describe('resolveAsset', () => {
  it('takes the mirror’s file when its hash is right', async () => {
    const at = await places()
    await writeFile(at.mirrored, content)
    expect(await resolveAsset('a', { ...at, manifest: { a: asset } })).toMatchObject({
      from: 'mirror',
      path: at.mirrored,
    })
  })

  it('downloads past a mirror with another content, and takes the cache next time', async () => {
    const at = await places()
    await writeFile(at.mirrored, Buffer.alloc(content.length))
    let asked = 0
    const url = await serve((_request, response) => {
      asked += 1
      response.end(content)
    })
    const options = { ...at, manifest: { a: { ...asset, url } } }
    expect(await resolveAsset('a', options)).toMatchObject({
      from: 'download',
      path: at.cached,
      passedOver: [expect.stringContaining(at.mirrored)],
    })
    expect(await resolveAsset('a', options)).toMatchObject({ from: 'cache', path: at.cached })
    expect(asked).toBe(1)
    expect(await readFile(at.cached)).toEqual(content)
  })

  it('goes on where a broken download stopped', async () => {
    const at = await places()
    const ranges: (string | undefined)[] = []
    let cut: () => void = () => undefined
    const url = await serve((request, response) => {
      ranges.push(request.headers.range)
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      if (from > 0) {
        response.writeHead(206).end(content.subarray(from))
        return
      }
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100_000))
      cut = () => response.destroy()
    })
    const onProgress = ({ bytes }: { bytes: number }): void => {
      if (bytes === 100_000) cut()
    }
    const options = { ...at, onProgress, manifest: { a: { ...asset, url } } }
    await expect(resolveAsset('a', options)).rejects.toMatchObject({ code: 'asset_missing' })
    expect(await resolveAsset('a', options)).toMatchObject({ from: 'download' })
    expect(ranges[0]).toBeUndefined()
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/)
    expect(await readFile(at.cached)).toEqual(content)
  })

  it('starts anew when the server does not know ranges', async () => {
    const at = await places()
    await mkdir(join(at.cacheDir, 'videos'), { recursive: true })
    await writeFile(`${at.cached}.part`, 'something else')
    const url = await serve((_request, response) => response.end(content))
    expect(await resolveAsset('a', { ...at, manifest: { a: { ...asset, url } } })).toMatchObject({
      from: 'download',
    })
  })

  it.each([
    ['another content', (response: ServerResponse) => response.end(Buffer.alloc(content.length))],
    ['too much', (response: ServerResponse) => response.end(Buffer.concat([content, content]))],
    ['too little', (response: ServerResponse) => response.end(content.subarray(0, 10))],
    ['an error', (response: ServerResponse) => response.writeHead(404).end()],
  ])('keeps nothing of %s and says what to put where', async (_what, answer) => {
    const at = await places()
    const url = await serve((_request, response) => void answer(response))
    const failed = resolveAsset('a', { ...at, manifest: { a: { ...asset, url } } })
    await expect(failed).rejects.toMatchObject({
      code: 'asset_missing',
      message: expect.stringContaining(at.mirrored) as unknown,
      hint: expect.stringContaining(at.cached) as unknown,
    })
    await expect(readFile(at.cached)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('begins anew after a part with another content, which it does not keep', async () => {
    const at = await places()
    await mkdir(join(at.cacheDir, 'videos'), { recursive: true })
    await writeFile(`${at.cached}.part`, Buffer.alloc(1000))
    const url = await serve((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(from > 0 ? 206 : 200).end(content.subarray(from))
    })
    const options = { ...at, manifest: { a: { ...asset, url } } }
    await expect(resolveAsset('a', options)).rejects.toMatchObject({ code: 'asset_missing' })
    expect(await resolveAsset('a', options)).toMatchObject({ from: 'download' })
  })

  it('follows a redirect within the origin, with its range', async () => {
    const at = await places()
    const asked: string[] = []
    const url = await serve((request, response) => {
      asked.push(request.url ?? '')
      if (request.url === '/a.mp4') response.writeHead(302, { location: '/media/a.mp4' }).end('gone')
      else response.end(content)
    })
    expect(await resolveAsset('a', { ...at, manifest: { a: { ...asset, url } } })).toMatchObject({
      from: 'download',
    })
    expect(asked).toEqual(['/a.mp4', '/media/a.mp4'])
  })

  it('follows no redirect to another origin without https, and none for ever', async () => {
    const at = await places()
    let visits = 0
    const elsewhere = await serve((_request, response) => {
      visits += 1
      response.end(content)
    })
    const away = await serve((_request, response) => response.writeHead(301, { location: elsewhere }).end())
    const failed = resolveAsset('a', { ...at, manifest: { a: { ...asset, url: away } } })
    await expect(failed).rejects.toThrow('leads away from https')
    expect(visits).toBe(0)
    const loop = await serve((_request, response) => response.writeHead(302, { location: '/a.mp4' }).end())
    const looping = resolveAsset('a', { ...at, manifest: { a: { ...asset, url: loop } } })
    await expect(looping).rejects.toThrow('redirected more than')
  })

  it('stops when it is aborted, and leaves nothing under the file’s name', async () => {
    const at = await places()
    const stop = new AbortController()
    const reason = new Error('enough')
    const url = await serve((_request, response) => response.write(content.subarray(0, 1000)))
    const onProgress = (): void => {
      stop.abort(reason)
    }
    const options = { ...at, onProgress, signal: stop.signal, manifest: { a: { ...asset, url } } }
    await expect(resolveAsset('a', options)).rejects.toBe(reason)
    await expect(readFile(at.cached)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('names what cannot be downloaded at all', async () => {
    const at = await places()
    await expect(resolveAsset('a', { ...at, manifest: { a: asset } })).rejects.toThrow('no download is known')
    await expect(resolveAsset('constructor', at)).rejects.toMatchObject({ code: 'asset_missing' })
  })
})

describe('the manifest', () => {
  it('has downloads by https only, and every file once', () => {
    const assets: readonly Asset[] = Object.values(assetManifest)
    for (const { url, sha256 } of assets) {
      expect(url ?? 'https:').toMatch(/^https:/)
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    }
    expect(new Set(assets.map(({ file }) => file)).size).toBe(assets.length)
  })

  const mirrors = [...(process.env['EDGE_ASSETS_MIRROR']?.split(',') ?? []), ...defaultMirrors()]

  const large = ['yolov5s', 'yolov5m', 'yolov5l']

  it.each(Object.keys(assetManifest).filter((name) => !large.includes(name)))(
    'is right about %s',
    async (name) => {
      expect(await resolveAsset(name, { mirrors, cacheDir: await tempDir() })).toMatchObject({
        from: 'mirror',
      })
    },
  )

  for (const name of large) {
    it(`is right about ${name}`, async ({ skip }) => {
      const isThere = mirrors.some((mirror) => existsSync(join(mirror, 'models', `${name}.pt`)))
      const reason = `models/${name}.pt is in no mirror here, and tests download nothing`
      if (!isThere) process.stderr.write(`${reason}\n`)
      skip(!isThere, reason)
      expect(await resolveAsset(name, { mirrors, cacheDir: await tempDir() })).toMatchObject({
        from: 'mirror',
      })
    })
  }
})

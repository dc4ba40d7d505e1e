import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { errnoOf } from '../utils/errno.ts'

export interface Download {
  readonly url: string
  readonly bytes: number
  readonly sha256: string
}

export interface DownloadOptions extends Abortable {
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void
}

const silenceMs = 30_000
const maxRedirects = 5
const flags = { resume: 'a', anew: 'w' } as const

/**
 * Downloads to `<target>.part`, goes on there when a part is left of an earlier try, and puts the file into place when
 * size and SHA-256 are right. Throws `asset_missing` (no answer, an HTTP error, silence for 30 s) or `asset_corrupt`.
 */
export async function downloadAsset(
  download: Download,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const part = `${target}.part`
  await mkdir(dirname(target), { recursive: true })
  const had = await sizeOf(part)
  const start = had > 0 && had < download.bytes ? had : 0
  const silence = new Silence(options.signal)
  const hash = createHash('sha256')
  try {
    const response = await request(download.url, start, silence)
    const isResumed = start > 0 && response.status === 206
    if (isResumed) await hashFile(part, hash)
    await write(response, part, { download, hash, from: isResumed ? start : 0, silence, options })
  } finally {
    silence.end()
  }
  if (hash.digest('hex') !== download.sha256) {
    await rm(part, { force: true })
    throw new EdgeError('asset_corrupt', `${download.url} is not the expected file (SHA-256 differs)`)
  }
  await rename(part, target)
}

/** Aborts with the caller’s signal, or when nothing was heard for 30 s. */
class Silence {
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout

  constructor(signal: AbortSignal | undefined) {
    const silent = new AbortController()
    this.#timer = setTimeout(() => {
      silent.abort(new EdgeError('asset_missing', `nothing was heard for ${silenceMs / 1000} s`))
    }, silenceMs)
    this.signal = signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal])
  }

  heard(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** Follows redirects by hand: only to https, or within the same origin. */
async function request(url: string, start: number, silence: Silence): Promise<Response> {
  let at = new URL(url)
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const response = await ask(at, start, silence)
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (!response.ok) throw new EdgeError('asset_missing', `HTTP ${response.status}`)
      return response
    }
    await response.body?.cancel()
    const next = new URL(location, at)
    if (next.protocol !== 'https:' && next.origin !== at.origin) {
      throw new EdgeError('asset_missing', `it leads away from https, to ${next.origin}`)
    }
    at = next
  }
  throw new EdgeError('asset_missing', `it was redirected more than ${maxRedirects} times`)
}

async function ask(url: URL, start: number, silence: Silence): Promise<Response> {
  try {
    const headers: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {}
    const response = await fetch(url, { headers, redirect: 'manual', signal: silence.signal })
    silence.heard()
    return response
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new EdgeError('asset_missing', `no answer (${message})`, { cause: error })
  }
}

interface Writing {
  readonly download: Download
  readonly hash: Hash
  readonly from: number
  readonly silence: Silence
  readonly options: DownloadOptions
}

async function write(
  response: Response,
  part: string,
  { download, hash, from, silence, options }: Writing,
): Promise<void> {
  const file = await open(part, from > 0 ? flags.resume : flags.anew)
  let bytes = from
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      silence.signal.throwIfAborted()
      silence.heard()
      bytes += chunk.length
      if (bytes > download.bytes)
        throw new EdgeError('asset_corrupt', `more than the ${download.bytes} bytes it should have`)
      hash.update(chunk)
      await file.write(chunk)
      options.onProgress?.({ bytes, totalBytes: download.bytes })
    }
    await file.sync()
  } catch (error) {
    if (error instanceof EdgeError) throw error
    throw new EdgeError('asset_missing', `broke off after ${bytes} of ${download.bytes} bytes`, {
      cause: error,
    })
  } finally {
    await file.close()
  }
  if (bytes < download.bytes)
    throw new EdgeError('asset_missing', `ended after ${bytes} of ${download.bytes} bytes`)
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}

async function hashFile(path: string, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
}

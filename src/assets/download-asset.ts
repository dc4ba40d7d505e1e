import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'

export interface Download {
  readonly url: string
  readonly bytes: number
  readonly sha256: string
}

export interface DownloadOptions extends Abortable {
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void
}

const silenceMs = 30_000
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
  const response = await request(download.url, start, options.signal)
  const isResumed = start > 0 && response.status === 206
  const hash = createHash('sha256')
  if (isResumed) await hashFile(part, hash)
  await write(response, part, { download, hash, from: isResumed ? start : 0, options })
  if (hash.digest('hex') !== download.sha256) {
    await rm(part, { force: true })
    throw new EdgeError('asset_corrupt', `${download.url} is not the expected file (SHA-256 differs)`)
  }
  await rename(part, target)
}

async function request(url: string, start: number, signal: AbortSignal | undefined): Promise<Response> {
  const connect = AbortSignal.timeout(silenceMs)
  let response: Response
  try {
    response = await fetch(url, {
      headers: start > 0 ? { range: `bytes=${start}-` } : {},
      signal: signal === undefined ? connect : AbortSignal.any([signal, connect]),
    })
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new EdgeError('asset_missing', `no answer (${cause})`, { cause: error })
  }
  if (url.startsWith('https:') && !response.url.startsWith('https:')) {
    throw new EdgeError('asset_missing', `it leads away from https, to ${response.url}`)
  }
  if (!response.ok) throw new EdgeError('asset_missing', `HTTP ${response.status}`)
  return response
}

interface Writing {
  readonly download: Download
  readonly hash: Hash
  readonly from: number
  readonly options: DownloadOptions
}

async function write(
  response: Response,
  part: string,
  { download, hash, from, options }: Writing,
): Promise<void> {
  const file = await open(part, from > 0 ? flags.resume : flags.anew)
  let bytes = from
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      options.signal?.throwIfAborted()
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

async function hashFile(path: string, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
}

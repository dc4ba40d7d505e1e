import { createHash, type Hash } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EdgeError, isEdgeError } from '../../domain/index.ts'
import { fileNameFor } from './file-name.ts'
import { requestUrl, shown, why, type UrlAnswer } from './request.ts'
import type { UrlGuard } from './url-guard.ts'

export interface UrlDownload {
  readonly url: URL
  readonly sha256?: string | undefined
  readonly maxBytes: number
  readonly timeoutMs: number
  /** Nothing heard for so long breaks the connection off. */
  readonly stallMs: number
  /** Pauses before the file is asked for again: so many breaks without a byte in between are borne. */
  readonly retryMs: readonly number[]
  readonly guard: UrlGuard
  /** Empty; gets the one file. */
  readonly folder: string
  /** Asked before so many bytes are written. */
  readonly room: (bytes: number) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Downloads a file into the folder, under a safe name. A connection that breaks is made again, and goes on where it was when
 * the server allows that and the file is still the same one. Throws `url_not_allowed`, `path_missing` (the server has no such
 * file), `payload_too_large`, `input_corrupt` (SHA-256), `input_unavailable`; what is in the folder is then of no use.
 */
export async function downloadUrl(download: UrlDownload): Promise<void> {
  const timeout = AbortSignal.timeout(download.timeoutMs)
  const signal = AbortSignal.any([download.signal, timeout])
  const part = join(download.folder, 'part')
  const file = await open(part, 'wx', 0o600)
  try {
    const state = new Downloading({ ...download, signal }, file)
    await state.run()
    await file.sync()
    await rename(part, join(download.folder, state.name))
  } catch (error) {
    await rm(part, { force: true })
    download.signal.throwIfAborted()
    if (!timeout.aborted) throw error
    const seconds = download.timeoutMs / 1000
    throw new EdgeError('input_unavailable', `${shown(download.url)} was not here within ${seconds} s`, {
      hint: 'Allow more time with timeoutSeconds, or look at the link.',
    })
  } finally {
    await file.close()
  }
}

class Downloading {
  name = 'input'
  #bytes = 0
  #hash: Hash = createHash('sha256')
  /** What tells the file from a later one at the same address; undefined when nothing does. */
  #validator: string | undefined
  #room = 0
  readonly #download: UrlDownload
  readonly #file: FileHandle

  constructor(download: UrlDownload, file: FileHandle) {
    this.#download = download
    this.#file = file
  }

  async run(): Promise<void> {
    const { retryMs, signal, url, sha256 } = this.#download
    for (let failures = 0; ;) {
      const before = this.#bytes
      try {
        await this.#attempt()
        break
      } catch (error) {
        signal.throwIfAborted()
        if (!isEdgeError(error, 'input_unavailable')) throw error
        if (this.#bytes > before) failures = 0
        const pauseMs = retryMs[failures]
        if (pauseMs === undefined) throw error
        failures += 1
        await sleep(pauseMs, undefined, { signal })
      }
    }
    const found = this.#hash.digest('hex')
    if (sha256 === undefined || sha256 === found) return
    throw new EdgeError('input_corrupt', `${shown(url)} has SHA-256 ${found}, the job says ${sha256}`)
  }

  async #attempt(): Promise<void> {
    const { url, guard, stallMs, signal } = this.#download
    const headers: Record<string, string> =
      this.#bytes > 0 && this.#validator !== undefined
        ? { range: `bytes=${this.#bytes}-`, 'if-range': this.#validator }
        : {}
    const answer = await requestUrl({ url, headers, guard, stallMs, signal })
    try {
      await this.#take(answer)
    } finally {
      answer.close()
    }
  }

  async #take({ status, headers, body }: UrlAnswer): Promise<void> {
    const { url } = this.#download
    this.#checkStatus(status)
    const encoding = headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity')
      throw new EdgeError(
        'path_missing',
        `${shown(url)} comes only packed (${encoding}), which was not asked for`,
      )
    const isResumed = status === 206
    if (isResumed && !this.#continues(headers['content-range'])) {
      this.#validator = undefined
      throw new EdgeError('input_unavailable', `${shown(url)} went on at another place than was asked for`)
    }
    if (!isResumed) await this.#anew(headers)
    const length = headers['content-length']
    const total = length === undefined ? undefined : this.#bytes + Number(length)
    if (total !== undefined) await this.#takeRoom(total)
    await this.#write(body, total)
  }

  #checkStatus(status: number): void {
    if (status === 200 || (status === 206 && this.#bytes > 0)) return
    const message = `${shown(this.#download.url)}: the server answered HTTP ${status}`
    if (status === 416) {
      this.#validator = undefined
      throw new EdgeError('input_unavailable', message)
    }
    const isFinal = status >= 400 && status < 500 && ![408, 425, 429].includes(status)
    throw new EdgeError(isFinal ? 'path_missing' : 'input_unavailable', message, {
      hint: 'Check the address: open it on the node’s machine.',
    })
  }

  #continues(range: string | undefined): boolean {
    return range?.startsWith(`bytes ${this.#bytes}-`) === true
  }

  async #anew(headers: UrlAnswer['headers']): Promise<void> {
    const { etag, 'last-modified': modified } = headers
    this.#bytes = 0
    this.#hash = createHash('sha256')
    await this.#file.truncate(0)
    const isStrong = etag !== undefined && !etag.startsWith('W/')
    this.#validator = headers['accept-ranges'] === 'none' ? undefined : isStrong ? etag : modified
    this.name = fileNameFor({
      url: this.#download.url,
      contentDisposition: headers['content-disposition'],
      contentType: headers['content-type'],
    })
  }

  async #write(body: AsyncIterable<Uint8Array>, total: number | undefined): Promise<void> {
    const { url, signal } = this.#download
    try {
      for await (const chunk of body) {
        signal.throwIfAborted()
        await this.#takeRoom(this.#bytes + chunk.byteLength)
        await this.#append(chunk)
      }
    } catch (error) {
      if (isEdgeError(error) || isOfDisk(error)) throw error
      throw new EdgeError(
        'input_unavailable',
        `${shown(url)} broke off after ${this.#bytes} bytes: ${why(error)}`,
        {
          cause: error,
        },
      )
    }
    if (total === undefined || total === this.#bytes) return
    throw new EdgeError('input_unavailable', `${shown(url)} ended after ${this.#bytes} of ${total} bytes`)
  }

  async #append(chunk: Uint8Array): Promise<void> {
    let written = 0
    while (written < chunk.byteLength) {
      const left = chunk.byteLength - written
      const { bytesWritten } = await this.#file.write(chunk, written, left, this.#bytes + written)
      written += bytesWritten
    }
    this.#hash.update(chunk)
    this.#bytes += chunk.byteLength
  }

  async #takeRoom(bytes: number): Promise<void> {
    const { maxBytes, room, url } = this.#download
    if (bytes > maxBytes)
      throw new EdgeError(
        'payload_too_large',
        `${shown(url)} has more than the ${maxBytes} bytes that the job allows`,
      )
    if (bytes > this.#room) await room(bytes)
    this.#room = Math.max(this.#room, bytes)
  }
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write'
}

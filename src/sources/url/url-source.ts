import { realpath } from 'node:fs/promises'
import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { ErrorCode, InputSourceSpec, ReasonCode } from '../../domain/index.ts'
import type { Abortable, InputSource, Inspection, PreparedInput } from '../../ports/index.ts'
import type { InputCache, Wanted } from '../cache/index.ts'
import { inputPlace } from '../input-place.ts'
import { parseAllowedHosts } from './allowed-hosts.ts'
import { downloadUrl } from './download-url.ts'
import { shown } from './request.ts'
import { UrlGuard, type Lookup } from './url-guard.ts'

export interface UrlSourceInit {
  readonly cache: Pick<InputCache, 'find' | 'use'>
  /** The setting: private hosts that may be reached. */
  readonly allowedHosts: readonly string[]
  readonly lookup?: Lookup
  /** Default: 30 s. */
  readonly stallMs?: number
  /** Default: 0.5, 2, 5 and 15 s. */
  readonly retryMs?: readonly number[]
}

type Url = Extract<InputSourceSpec, { type: 'url' }>

/**
 * The input source `url`: a file that the node fetches over http or https, behind the guard of url-guard.ts, into its cache,
 * and lays out as the only file of a folder. A bid downloads nothing: it asks the guard, and counts what is in the cache.
 */
export function createUrlSource(init: UrlSourceInit): InputSource {
  const { cache, allowedHosts, lookup } = init
  const guard = new UrlGuard({ allowed: parseAllowedHosts(allowedHosts), lookup })
  /** What is kept of it, when this job may have it. What is kept needs no network, so then no resolver either. */
  const permit = async (spec: Url, options: Abortable): Promise<Size> => {
    const kept = cache.find(identityOf(spec))
    try {
      await guard.destination(new URL(spec.url), options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (kept === undefined || !isEdgeError(error, 'input_unavailable')) throw error
    }
    checkSize(spec, kept?.bytes ?? 0)
    return kept ?? { files: 0, bytes: 0 }
  }
  return {
    type: 'url',
    async inspect(source, options = {}): Promise<Inspection> {
      try {
        return { ok: true, ...(await permit(urlOf(source), options)) }
      } catch (error) {
        if (!isEdgeError(error)) throw error
        return { ok: false, reason: { code: reasonOf(error.code), message: error.message.slice(0, 4000) } }
      }
    },
    async prepare({ source, target, scratchDir }, options = {}): Promise<PreparedInput> {
      const spec = urlOf(source)
      await permit(spec, options)
      const place = inputPlace(scratchDir, target)
      await cache.use(wantedOf(spec, guard, init), place, options)
      // It may have been fetched for another job, which allows more.
      checkSize(spec, cache.find(identityOf(spec))?.bytes ?? 0)
      return { hostPath: await realpath(place), target, readOnly: true }
    },
  }
}

interface Size {
  readonly files: number
  readonly bytes: number
}

function urlOf(source: InputSourceSpec): Url {
  if (source.type === 'url') return source
  throw new EdgeError('internal', `the url source was given a ${source.type} input`)
}

function identityOf({ url, sha256 = '' }: Url): string {
  return `url\n${new URL(url).href}\n${sha256}`
}

function wantedOf(spec: Url, guard: UrlGuard, init: UrlSourceInit): Wanted {
  const { stallMs = 30_000, retryMs = [500, 2_000, 5_000, 15_000] } = init
  const url = new URL(spec.url)
  return {
    identity: identityOf(spec),
    what: shown(url),
    fetch: ({ content, room, signal }) =>
      downloadUrl({
        url,
        sha256: spec.sha256,
        maxBytes: spec.maxBytes,
        timeoutMs: spec.timeoutSeconds * 1000,
        ...{ stallMs, retryMs, guard, room, signal },
        folder: content,
      }),
  }
}

function checkSize({ url, maxBytes }: Url, bytes: number): void {
  if (bytes <= maxBytes) return
  throw new EdgeError(
    'payload_too_large',
    `${shown(new URL(url))} has ${bytes} bytes, more than the ${maxBytes} that the job allows`,
  )
}

function reasonOf(code: ErrorCode): ReasonCode {
  if (code === 'payload_too_large') return 'limit_exceeded'
  return code === 'url_not_allowed' ? code : 'input_unavailable'
}

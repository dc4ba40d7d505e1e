import type { z } from 'zod'
import { describeProblem, EdgeError, problemsOf } from '../domain/index.ts'
import { AnswerCache } from './answer-cache.ts'
import { answeredError, isBroken, unreachable } from './call-errors.ts'
import type { CallOptions } from './edge-client.ts'
import { parseJson } from '../utils/parse-json.ts'

export interface TransportInit {
  readonly baseUrl: URL
  readonly token: string | undefined
  readonly fetch: typeof globalThis.fetch
  /** For a whole answer; for a stream until it begins. */
  readonly timeoutMs: number
  /** A stream that is silent for so long is dead: the API’s own heartbeat is 15 s. */
  readonly silenceMs: number
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /api/v1; its parts are encoded already. */
  readonly path: string
  readonly query?: URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Saying it twice does no harm; so it is tried again when the connection breaks. GET and PUT always are. */
  readonly isRepeatable?: boolean
}

interface Answer {
  readonly status: number
  readonly bytes: Uint8Array
}

/** A larger answer is not read: lists are paged, blocks are at most 2 MiB. */
const maxAnswerBytes = 64 * 1_048_576

/** Speaks HTTP with one API; knows nothing of jobs. */
export class Transport {
  readonly #init: TransportInit
  readonly #known = new AnswerCache()

  constructor(init: TransportInit) {
    this.#init = init
  }

  get url(): string {
    return this.#init.baseUrl.origin
  }

  /** The answer, checked against its schema, and its HTTP status. */
  async json<S extends z.ZodType>(
    schema: S,
    call: Call,
    options: CallOptions = {},
  ): Promise<{ readonly value: z.output<S>; readonly status: number }> {
    const { status, bytes } = await this.#exchange(call, options)
    const parsed = schema.safeParse(parseJson(new TextDecoder().decode(bytes)))
    if (parsed.success) return { value: parsed.data, status }
    throw notUnderstood(this.#urlOf(call), problemsOf(parsed.error).slice(0, 5).map(describeProblem))
  }

  async bytes(call: Call, options: CallOptions = {}): Promise<Uint8Array> {
    return (await this.#exchange(call, options)).bytes
  }

  /** The answer as it comes. Leaving the loop closes the connection. `onOpen` is called when the API has said yes. */
  async *stream(
    call: Call,
    { signal, onOpen }: CallOptions & { readonly onOpen?: () => void } = {},
  ): AsyncGenerator<Uint8Array> {
    const { timeoutMs, silenceMs } = this.#init
    const closing = new AbortController()
    const timer = setTimeout(() => {
      closing.abort(new DOMException('silence', 'TimeoutError'))
    }, timeoutMs)
    const url = this.#urlOf(call)
    try {
      const response = await this.#send(url, call, anySignal(signal, closing.signal))
      onOpen?.()
      const reader = bodyOf(response).getReader()
      for (;;) {
        const { done, value } = await within(silenceMs, closing, () => reader.read())
        if (done) return
        clearTimeout(timer)
        yield value
      }
    } catch (error) {
      throw unreachable(error, url, signal)
    } finally {
      clearTimeout(timer)
      closing.abort(new DOMException('left', 'AbortError'))
    }
  }

  async #exchange(call: Call, { signal }: CallOptions): Promise<Answer> {
    const isRepeatable = call.isRepeatable ?? call.method !== 'POST'
    const url = this.#urlOf(call)
    const once = async (): Promise<Answer> => {
      try {
        const timeout = AbortSignal.timeout(this.#init.timeoutMs)
        return await this.#answer(url, call, anySignal(signal, timeout))
      } catch (error) {
        throw unreachable(error, url, signal)
      }
    }
    return once().catch((error: unknown) => {
      if (isRepeatable && isBroken(error)) return once()
      throw error
    })
  }

  /** What was read before is asked for with its ETag, and not sent again when it is the same. */
  async #answer(url: URL, call: Call, signal: AbortSignal): Promise<Answer> {
    const isReading = (call.method ?? 'GET') === 'GET'
    const known = isReading ? this.#known.get(url) : undefined
    const headers = known === undefined ? call.headers : { ...call.headers, 'if-none-match': known.etag }
    const response = await this.#send(url, { ...call, ...(headers === undefined ? {} : { headers }) }, signal)
    const bytes = await readAll(response, url)
    if (response.status === 304 && known !== undefined) return { status: 200, bytes: known.bytes }
    const isDocument = response.headers.get('content-type')?.startsWith('application/json') === true
    if (isReading && isDocument) this.#known.keep(url, response.headers.get('etag'), bytes)
    return { status: response.status, bytes }
  }

  async #send(url: URL, call: Call, signal: AbortSignal): Promise<Response> {
    const { token, fetch } = this.#init
    const { method = 'GET', body, headers } = call
    const response = await fetch(url, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      redirect: 'error',
      signal,
    })
    const isKnown = response.status === 304 && headers?.['if-none-match'] !== undefined
    if (!response.ok && !isKnown) throw await answeredError(response, url)
    return response
  }

  #urlOf({ path, query }: Call): URL {
    const url = new URL(this.#init.baseUrl)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1${path}`
    if (query !== undefined) url.search = query.toString()
    return url
  }
}

/** A name as one part of a path. A dot part would be taken for a step and lead elsewhere, so it names nothing. */
export function part(name: string): string {
  return name === '' || /^\.+$/.test(name) ? encodeURIComponent(`"${name}"`) : encodeURIComponent(name)
}

/** The error for an answer that this version does not know. */
export function notUnderstood(url: URL | string, problems: readonly string[]): EdgeError {
  return new EdgeError(
    'rpc_protocol',
    `the answer of ${String(url)} is not understood: ${problems.join('; ')}`,
  )
}

/** Runs `action`, and aborts `closing` when it takes longer. */
async function within<T>(ms: number, closing: AbortController, action: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    closing.abort(new DOMException('silence', 'TimeoutError'))
  }, ms)
  try {
    return await action()
  } finally {
    clearTimeout(timer)
  }
}

/** An answer without a body ends at once. */
function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  return (body as ReadableStream<Uint8Array> | null) ?? new Blob([]).stream()
}

async function readAll(response: Response, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bodyOf(response)) {
    length += chunk.length
    if (length > maxAnswerBytes) throw notUnderstood(url, [`it is longer than ${maxAnswerBytes} bytes`])
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function anySignal(signal: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return signal === undefined ? own : AbortSignal.any([signal, own])
}

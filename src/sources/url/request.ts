import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { EdgeError } from '../../domain/index.ts'
import type { UrlGuard } from './url-guard.ts'

export interface UrlAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the connection, whatever is still to come. */
  close(): void
}

export interface UrlRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly guard: UrlGuard
  /** Nothing heard for so long ends it. */
  readonly stallMs: number
  readonly signal: AbortSignal
}

const maxRedirects = 5

/**
 * Asks for a url and follows redirects by hand: at most 5, each judged by the guard, never from https down to http. Throws
 * `url_not_allowed`, and `input_unavailable` when nobody answers.
 */
export async function requestUrl(asked: UrlRequest): Promise<UrlAnswer> {
  let { url } = asked
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const answer = await askOnce({ ...asked, url })
    const { location } = answer.headers
    if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === undefined)
      return answer
    answer.close()
    url = nextUrl(url, location)
  }
  throw new EdgeError('input_unavailable', `${shown(asked.url)} redirects more than ${maxRedirects} times`)
}

function nextUrl(from: URL, location: string): URL {
  const next = URL.parse(location, from.href)
  if (next === null)
    throw new EdgeError('input_unavailable', `${shown(from)} redirects to what is no address`)
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw new EdgeError('url_not_allowed', `${shown(from)} redirects from https to http, to ${next.host}`)
  return next
}

async function askOnce({ url, headers, guard, stallMs, signal }: UrlRequest): Promise<UrlAnswer> {
  const { address, family } = await guard.destination(url, { signal })
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const asking = request(url, {
    method: 'GET',
    agent: false,
    headers: { 'user-agent': 'edge', accept: '*/*', 'accept-encoding': 'identity', ...headers },
    // The name was resolved by the guard: the connection goes there, and TLS and Host still bear the name.
    lookup: (_host, { all = false }, callback) => {
      if (all) callback(null, [{ address, family }])
      else callback(null, address, family)
    },
    maxHeaderSize: 65_536,
    timeout: stallMs,
    signal,
  })
  asking.on('timeout', () => {
    asking.destroy(new Error(`nothing was heard for ${stallMs / 1000} s`))
  })
  try {
    const answer = await answerTo(asking)
    return {
      status: answer.statusCode ?? 0,
      headers: flat(answer.headers),
      body: answer,
      close: () => {
        asking.destroy()
      },
    }
  } catch (error) {
    signal.throwIfAborted()
    throw unanswered(url, error)
  }
}

function answerTo(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays for what comes after the answer, too: who reads the body hears of it there.
    asking.on('error', reject)
    asking.on('response', (answer) => {
      answer.on('error', () => undefined)
      resolve(answer)
    })
    asking.end()
  })
}

function unanswered(url: URL, error: unknown): EdgeError {
  return new EdgeError('input_unavailable', `${shown(url)} does not answer: ${why(error)}`, { cause: error })
}

/** What went wrong, in the words of the system. */
export function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' ? error.name : error.message
}

/** An address for people: what follows the path may be secret. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`.slice(0, 500)
}

function flat(headers: IncomingMessage['headers']): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  )
}

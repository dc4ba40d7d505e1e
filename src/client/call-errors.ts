import { EdgeError, ErrorBody } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'
import { parseJson } from '../utils/parse-json.ts'

/** Codes of a connection that was there and broke: the request may have been handled, or not. */
const brokenCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

const found: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped coming',
}

/** What a failed fetch of `url` means: the caller’s own abort as it is, everything else `requester_unreachable`. */
export function unreachable(thrown: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  if (thrown instanceof EdgeError) return thrown
  const code = causeCode(thrown)
  const what =
    thrown instanceof Error && thrown.name === 'TimeoutError'
      ? 'no answer in time'
      : brokenCodes.has(code)
        ? 'the connection broke'
        : (found[code] ?? lastWords(thrown))
  return new EdgeError('requester_unreachable', `cannot reach the requester at ${url.origin}: ${what}`, {
    details: { url: url.origin, broken: brokenCodes.has(code) },
    cause: thrown,
  })
}

/** Whether the connection broke after it was made, so that a call that may be said twice may be tried again. */
export function isBroken(thrown: unknown): boolean {
  return thrown instanceof EdgeError && thrown.details?.['broken'] === true
}

/** The error in an answer that is not 2xx. What is not in the API’s shape came from somebody else on the way. */
export async function answeredError(response: Response, url: URL): Promise<EdgeError> {
  const text = await response.text()
  const body = ErrorBody.safeParse(parseJson(text))
  if (body.success) {
    const { code, message, hint, details } = body.data.error
    return EdgeError.fromData({ code, message, hint, ...(details === undefined ? {} : { details }) })
  }
  const isStopping = response.status === 503
  const what = isStopping ? 'it is stopping' : `something else answers there (HTTP ${response.status})`
  return new EdgeError('requester_unreachable', `cannot reach the requester at ${url.origin}: ${what}`, {
    details: { url: url.origin, status: response.status },
  })
}

function causeCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return errnoOf(cause) ?? errnoOf(thrown) ?? ''
}

function lastWords(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message
}

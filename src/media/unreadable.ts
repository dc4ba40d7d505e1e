import { EdgeError, type Reason, type ReasonCode } from '../domain/index.ts'

/** media_unreadable with a domain Reason in `details.reason`, for the gap that the file becomes. */
export function unreadable(path: string, code: ReasonCode, found: string, cause?: unknown): EdgeError {
  const reason: Reason = { code, message: found.slice(0, 2000) }
  return new EdgeError('media_unreadable', `${path} cannot be read as video: ${found}`, {
    details: { path, reason },
    cause,
  })
}

import { EdgeError } from '../domain/index.ts'
import type { ErrorCode, Reason, ReasonCode } from '../domain/index.ts'

/** As long as a reason on the wire may be. */
const maxMessage = 4000

export function reason(code: ReasonCode, message: string): Reason {
  return { code, message: message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…` }
}

const preparingCodes: Partial<Record<ErrorCode, ReasonCode>> = {
  path_not_allowed: 'path_not_allowed',
  path_missing: 'path_missing',
  input_empty: 'input_empty',
  payload_too_large: 'limit_exceeded',
}
const engineCodes: Partial<Record<ErrorCode, ReasonCode>> = {
  asset_missing: 'model_unavailable',
  asset_corrupt: 'model_unavailable',
  engine_unavailable: 'engine_unavailable',
  image_missing: 'image_unavailable',
}

/** Why work could not begin, from what an input source threw. */
export function preparingReason(error: unknown): Reason {
  const { code, message } = EdgeError.from(error)
  return reason(preparingCodes[code] ?? 'source_unavailable', message)
}

/** Why work failed, from what an engine threw that is no crash. */
export function engineReason(error: unknown): Reason {
  const { code, message } = EdgeError.from(error)
  return reason(engineCodes[code] ?? 'engine_failed', message)
}

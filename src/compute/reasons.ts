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
  url_not_allowed: 'url_not_allowed',
  input_not_ready: 'input_not_ready',
  input_unavailable: 'input_unavailable',
  input_corrupt: 'input_corrupt',
  // The requester or a block of an earlier result could not be had.
  peer_unreachable: 'input_unavailable',
  rpc_timeout: 'input_unavailable',
  rpc_failed: 'input_unavailable',
  block_missing: 'input_unavailable',
  block_corrupt: 'input_unavailable',
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

import type { Reason } from '../../domain/index.ts'

/** Why running work is stopped from outside. */
export type StopCause =
  | { readonly kind: 'cancel'; readonly reason: Reason }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'timeout' }

/** The reason of an abort signal that an engine gets. */
export class Stopped extends Error {
  override readonly name = 'AbortError'
  override readonly cause: StopCause

  constructor(cause: StopCause) {
    super(`stopped: ${cause.kind}`)
    this.cause = cause
  }
}

/** Why this signal was aborted; undefined when it was not. */
export function stopCause(signal: AbortSignal): StopCause | undefined {
  if (!signal.aborted) return undefined
  if (signal.reason instanceof Stopped) return signal.reason.cause
  throw new TypeError('work was aborted without a cause', { cause: signal.reason })
}

import type { Abortable } from './startable.ts'

/** Time, as the daemons see it: the only way to it, so that tests and simulations can own it. */
export interface Clock {
  /** Wall time, milliseconds since 1970. May jump; for records only. */
  wallMs(): number
  /** Milliseconds that never go backwards; for leases, timeouts and intervals. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal’s reason when aborted. */
  sleep(ms: number, options?: Abortable): Promise<void>
}

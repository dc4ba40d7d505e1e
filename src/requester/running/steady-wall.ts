import type { Clock, Log } from '../../ports/index.ts'

/** A correction larger than this is a clock that was wrong, not one that drifted or slept. */
const largestCorrectionMs = 3_600_000

/**
 * Wall time that durations can be taken of: follows the clock through drift, small corrections and a laptop’s sleep, but not
 * through a leap (a machine without a battery that learns the date), which would end every timeout at once.
 */
export function steadyWall(clock: Clock, log: Log): () => number {
  let anchor = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }
  let hasWarned = false
  return () => {
    const monotonicMs = clock.monotonicMs()
    const steadyMs = anchor.wallMs + monotonicMs - anchor.monotonicMs
    const wallMs = clock.wallMs()
    if (Math.abs(wallMs - steadyMs) <= largestCorrectionMs) {
      anchor = { wallMs, monotonicMs }
      return Math.round(wallMs)
    }
    if (!hasWarned) log.warn({ wallMs, steadyMs }, 'the wall clock leapt; it is followed after a restart')
    hasWarned = true
    return Math.round(steadyMs)
  }
}

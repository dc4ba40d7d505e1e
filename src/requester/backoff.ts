/** The `nth` pause (0 is the first): doubles from `minMs` up to `maxMs`. */
export function backoffMs(nth: number, minMs: number, maxMs: number): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(nth, 40))
}

/** As `backoffMs`, with full jitter but never less than a quarter, so that many do not come back at once. */
export function jitteredBackoffMs(nth: number, minMs: number, maxMs: number, random: () => number): number {
  return backoffMs(nth, minMs, maxMs) * (0.25 + 0.75 * random())
}

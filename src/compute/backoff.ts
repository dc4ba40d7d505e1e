/** The `nth` pause (0 is the first): doubles from `minMs` up to `maxMs`, with full jitter but never below a quarter. */
export function jitteredPauseMs(
  nth: number,
  { minMs, maxMs }: { minMs: number; maxMs: number },
  random: () => number,
): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(nth, 40)) * (0.25 + 0.75 * random())
}

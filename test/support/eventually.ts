import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition, never for a time: resolves with the first value that is neither undefined nor false. */
export async function eventually<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 20_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline)
      throw new Error(`it did not happen within ${withinMs} ms; last: ${String(last)}`)
    await delay(everyMs)
  }
}

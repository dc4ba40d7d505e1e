import { setTimeout as delay } from 'node:timers/promises'

/** The real clock (fulfils the Clock port). Its timers do not keep the process alive by themselves. */
export const systemClock = {
  wallMs: (): number => Date.now(),
  monotonicMs: (): number => performance.now(),
  async sleep(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options
    signal?.throwIfAborted()
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}

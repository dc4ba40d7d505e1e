import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after `ms`; rejects with the signal’s own reason when aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

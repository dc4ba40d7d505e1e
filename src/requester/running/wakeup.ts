import type { Clock } from '../../ports/index.ts'

/** A bell for one waiter: a ring while nobody waits is not lost, several rings count as one. */
export class Wakeup {
  #hasRung = false
  #release: (() => void) | undefined

  ring(): void {
    this.#hasRung = true
    this.#release?.()
  }

  /** Resolves at the next ring, or at once when it has rung since the last wait; rejects with the signal’s reason. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#hasRung) {
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          this.#release = undefined
          reject(signal.reason as Error)
        }
        this.#release = () => {
          this.#release = undefined
          signal.removeEventListener('abort', abort)
          resolve()
        }
        signal.addEventListener('abort', abort, { once: true })
      })
    }
    this.#hasRung = false
  }

  /** As `wait`, but also resolves after `ms`. */
  async waitAtMost(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const done = new AbortController()
    const either = AbortSignal.any([signal, done.signal])
    const quietly = (work: Promise<void>): Promise<void> =>
      work.catch((error: unknown) => {
        if (!done.signal.aborted) throw error
      })
    const waits = [quietly(this.wait(either)), quietly(clock.sleep(ms, { signal: either }))]
    try {
      await Promise.race(waits)
    } finally {
      done.abort()
      await Promise.allSettled(waits)
    }
    signal.throwIfAborted()
  }
}

import type { Abortable, Clock } from '../../src/ports/index.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** A clock that stands still until `advance()` is called; sleepers wake in the order of their times. */
export class ManualClock implements Clock {
  #nowMs = 0
  readonly #wallStartMs: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallStartMs = wallStartMs
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  async sleep(ms: number, { signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#sleepers.delete(sleeper)
        reject(signal?.reason as Error)
      }
      const sleeper: Sleeper = {
        atMs: this.#nowMs + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Moves time on, waking who sleeps on the way and letting them run each time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const next = [...this.#sleepers]
        .filter((sleeper) => sleeper.atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#sleepers.delete(next)
      next.wake()
      await settle()
    }
    this.#nowMs = untilMs
    await settle()
  }
}

/** Lets everything that is ready run, I/O callbacks included. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

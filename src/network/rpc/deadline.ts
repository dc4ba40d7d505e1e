import type { Clock } from '../../ports/index.ts'

/** A time limit that can be set again: aborts `signal` with `makeError()` when it passes. Stop it, or its timer stays. */
export class Deadline {
  readonly #clock: Clock
  readonly #makeError: () => Error
  readonly #expired = new AbortController()
  #timer: AbortController | undefined

  constructor(clock: Clock, makeError: () => Error) {
    this.#clock = clock
    this.#makeError = makeError
  }

  get signal(): AbortSignal {
    return this.#expired.signal
  }

  /** From now on `ms` are left. */
  start(ms: number): void {
    this.stop()
    const timer = new AbortController()
    this.#timer = timer
    this.#clock.sleep(ms, { signal: timer.signal }).then(
      () => {
        if (this.#timer === timer) this.#expired.abort(this.#makeError())
      },
      (error: unknown) => {
        if (this.#timer === timer) this.#expired.abort(error)
      },
    )
  }

  stop(): void {
    this.#timer?.abort()
    this.#timer = undefined
  }
}

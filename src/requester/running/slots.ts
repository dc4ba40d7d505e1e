/** At most `size` hold a slot at once; the others wait in order. */
export class Slots {
  #free: number
  readonly #queue: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  /** Runs `work` with a slot; rejects with the signal’s reason when aborted before it got one. */
  async with<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal)
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(grant), 1)
        reject(signal.reason as Error)
      }
      const grant = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      this.#queue.push(grant)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

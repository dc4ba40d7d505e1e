/** A bounded queue between several writers and one reader; a slow reader makes the writers wait. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  readonly #writers: (() => void)[] = []
  #reader: (() => void) | undefined
  #end: { readonly error?: unknown } | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Resolves when there is room; rejects with the signal’s reason. After the end it does nothing. */
  async put(item: T, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.#items.length >= this.#capacity && this.#end === undefined) await this.#room(signal)
    if (this.#end !== undefined) return
    this.#items.push(item)
    this.#reader?.()
  }

  /** What is queued is still read; then the reader’s loop ends, or throws `error`. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error }
    this.#reader?.()
    for (const go of this.#writers.splice(0)) go()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#items.length > 0) {
        const [item] = this.#items.splice(0, 1) as [T]
        this.#writers.shift()?.()
        yield item
      }
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error
        return
      }
      await new Promise<void>((resolve) => {
        this.#reader = resolve
      })
      this.#reader = undefined
    }
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const abort = (): void => {
        this.#writers.splice(this.#writers.indexOf(go), 1)
        reject(signal.reason as Error)
      }
      this.#writers.push(go)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

/** Runs at most `limit` tasks at a time; after the first failure no task is begun any more. */
export class Bounded {
  readonly #limit: number
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Resolves when the task has been begun, not when it is done; rejects with the error of an earlier task. */
  async add(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running)
    this.#throwFailure()
    const running = task()
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running.delete(running)
      })
    this.#running.add(running)
  }

  /** Resolves when every task is done; rejects with the first error, when no task runs any more. */
  async drain(): Promise<void> {
    await this.settle()
    this.#throwFailure()
  }

  /** Waits for the running tasks whatever their end, for the way out after an error elsewhere. */
  async settle(): Promise<void> {
    await Promise.all(this.#running)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/** Does `work` for every item, at most `limit` at a time; when it rejects nothing runs any more. */
export async function forEachBounded<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const bounded = new Bounded(limit)
  try {
    for await (const item of items) await bounded.add(() => work(item))
    await bounded.drain()
  } finally {
    await bounded.settle()
  }
}

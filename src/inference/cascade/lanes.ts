/**
 * Walks several sequences at once, at most `lanes` of them, and gives their items as if one had been walked after the
 * other. Items of later sequences wait in memory, so they are to be small. When the reader leaves or one fails, all that
 * were begun are ended and waited for before the first failure is told.
 */
export async function* inLanes<T>(
  sequences: readonly (() => AsyncIterable<T>)[],
  lanes: number,
): AsyncGenerator<T, void, undefined> {
  const walks = sequences.map((open) => new Walk(open))
  let begun = 0
  const beginNext = (): void => {
    const walk = walks[begun++]
    if (walk === undefined) return
    walk.begin(() => {
      if (walk.hasFailed) return
      beginNext()
    })
  }
  try {
    for (let lane = 0; lane < Math.max(1, lanes); lane++) beginNext()
    for (const walk of walks) yield* walk.items()
  } finally {
    begun = walks.length
    await Promise.all(walks.map((walk) => walk.end()))
  }
}

/** One sequence that is walked whether anybody reads or not. */
class Walk<T> {
  readonly #open: () => AsyncIterable<T>
  readonly #items: T[] = []
  #done: Promise<void> | undefined
  #isOver = false
  #isLeft = false
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(open: () => AsyncIterable<T>) {
    this.#open = open
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  begin(onOver: () => void): void {
    this.#done = this.#run().then(onOver)
  }

  async *items(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      for (const item of this.#items.splice(0)) yield item
      if (this.#items.length > 0) continue
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#isOver) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** No more items are taken; settles when the sequence is closed. */
  async end(): Promise<void> {
    this.#isLeft = true
    await this.#done
  }

  async #run(): Promise<void> {
    try {
      for await (const item of this.#open()) {
        if (this.#isLeft) break
        this.#items.push(item)
        this.#wake()
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#isOver = true
    this.#wake()
  }
}

/** One thing at a time for each key, in the order of asking; different keys do not wait for each other. */
export class Lanes<Key> {
  readonly #ends = new Map<Key, Promise<unknown>>()

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#ends.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#ends.get(key) === mine) this.#ends.delete(key)
    }
  }
}

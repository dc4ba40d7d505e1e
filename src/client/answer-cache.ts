const largestAnswerBytes = 1_048_576
const mostAnswers = 32

export interface KnownAnswer {
  readonly etag: string
  readonly bytes: Uint8Array
}

/** The last answers of a few addresses with their ETags, so that what did not change need not be sent again. */
export class AnswerCache {
  readonly #answers = new Map<string, KnownAnswer>()

  get(url: URL): KnownAnswer | undefined {
    return this.#answers.get(url.href)
  }

  /** Keeps it when it has an ETag and is small; the oldest one makes room. */
  keep(url: URL, etag: string | null, bytes: Uint8Array): void {
    this.#answers.delete(url.href)
    if (etag === null || bytes.length > largestAnswerBytes) return
    this.#answers.set(url.href, { etag, bytes })
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > mostAnswers && oldest !== undefined) this.#answers.delete(oldest)
  }
}

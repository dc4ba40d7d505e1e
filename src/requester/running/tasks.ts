import type { Log } from '../../ports/index.ts'

/** Why everything that runs is told to end. */
class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** Background work with one life: what was begun here is over when `stop()` resolves. */
export class Tasks {
  readonly #log: Log
  readonly #running = new Set<Promise<void>>()
  #life = new AbortController()

  constructor(log: Log) {
    this.#log = log
  }

  get signal(): AbortSignal {
    return this.#life.signal
  }

  /** Begins a new life after `stop()`. */
  start(): void {
    if (this.#life.signal.aborted) this.#life = new AbortController()
  }

  /** Runs in the background until it ends by itself or by the signal; an error ends it and is logged. */
  run(what: string, work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#life
    if (signal.aborted) return
    void this.#track(
      work(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#log.error({ err: error, task: what }, 'a background task failed')
      }),
    )
  }

  /** For work that somebody else waits for, too: it may go on after the signal, but `stop()` waits for its end. */
  async finish<T>(work: Promise<T>): Promise<T> {
    await this.#track(
      work.then(
        () => undefined,
        () => undefined,
      ),
    )
    return work
  }

  #track(quiet: Promise<void>): Promise<void> {
    const running = quiet.finally(() => this.#running.delete(running))
    this.#running.add(running)
    return running
  }

  async stop(): Promise<void> {
    this.#life.abort(new Stopping('the requester stops'))
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

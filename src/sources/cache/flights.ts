import { EdgeError } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { orAborted } from '../../utils/or-aborted.ts'

interface Flight<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * One run of a task for each key at a time: who comes meanwhile waits for the same end. It is aborted when nobody waits any
 * more. Who waited for somebody else’s that failed tries by itself: the other may have had stricter limits.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>()

  async join(
    key: string,
    task: (options: { readonly signal: AbortSignal }) => Promise<T>,
    { signal }: Abortable = {},
  ): Promise<T> {
    for (;;) {
      signal?.throwIfAborted()
      const other = this.#flights.get(key)
      if (other === undefined) return this.#wait(this.#begin(key, task), signal)
      if (other.controller.signal.aborted) await other.promise.catch(() => undefined)
      else {
        try {
          return await this.#wait(other, signal)
        } catch {
          signal?.throwIfAborted()
          await other.promise.catch(() => undefined)
        }
      }
    }
  }

  /** Aborts all, and resolves when none runs. */
  async stop(): Promise<void> {
    const flights = [...this.#flights.values()]
    for (const { controller } of flights)
      controller.abort(new EdgeError('interrupted', 'the node is stopping'))
    await Promise.allSettled(flights.map(({ promise }) => promise))
  }

  #begin(key: string, task: (options: { readonly signal: AbortSignal }) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const promise = Promise.resolve()
      .then(() => task({ signal: controller.signal }))
      .finally(() => this.#flights.delete(key))
    // Whoever waits hears of it; when nobody does, nobody cares.
    promise.catch(() => undefined)
    const flight = { promise, controller, waiting: 0 }
    this.#flights.set(key, flight)
    return flight
  }

  async #wait(flight: Flight<T>, signal: AbortSignal | undefined): Promise<T> {
    flight.waiting += 1
    try {
      return await orAborted(flight.promise, signal)
    } finally {
      flight.waiting -= 1
      if (flight.waiting === 0)
        flight.controller.abort(new EdgeError('interrupted', 'nobody waits for this input any more'))
    }
  }
}

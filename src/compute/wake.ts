import type { ExecutionId } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'

/**
 * Tells who waits that something is new. Whoever looks takes `version` first, looks, and then waits for `after(version)`:
 * news between the look and the wait is not missed.
 */
export class Wake {
  #version = 0
  readonly #waiting = new Set<() => void>()

  get version(): number {
    return this.#version
  }

  wake(): void {
    this.#version++
    for (const resolve of [...this.#waiting]) resolve()
  }

  /** Resolves when there was news after `version`; rejects with the signal’s reason when aborted. */
  async after(version: number, { signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#version !== version) return
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(settle)
        signal?.removeEventListener('abort', settle)
        if (signal?.aborted === true) reject(signal.reason as Error)
        else resolve()
      }
      this.#waiting.add(settle)
      signal?.addEventListener('abort', settle, { once: true })
    })
  }
}

/** One Wake for each execution that somebody prints to or waits for. */
export class Wakes {
  readonly #known = new Map<ExecutionId, Wake>()

  of(id: ExecutionId): Wake {
    const wake = this.#known.get(id) ?? new Wake()
    this.#known.set(id, wake)
    return wake
  }

  /** Call it after the last news of an execution. */
  forget(id: ExecutionId): void {
    this.#known.delete(id)
  }
}

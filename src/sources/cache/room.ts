import { EdgeError } from '../../domain/index.ts'
import type { CacheEntry } from './cache-entry.ts'

export interface RoomInit {
  readonly quotaBytes: number
  readonly entries: () => Iterable<CacheEntry>
  /** Whether nobody uses it. */
  readonly isFree: (entry: CacheEntry) => Promise<boolean>
  readonly remove: (entry: CacheEntry) => Promise<void>
}

/** The quota: what is kept and what is on its way together never take more. One decision at a time. */
export class Room {
  readonly #init: RoomInit
  readonly #reserved = new Map<string, number>()
  #last: Promise<void> = Promise.resolve()

  constructor(init: RoomInit) {
    this.#init = init
  }

  /**
   * Keeps room for so many bytes in all under this key, removing what was not used longest. Throws `payload_too_large` when
   * the quota is smaller than that, `input_unavailable` when too much of it is in use just now.
   */
  async reserve(key: string, bytes: number): Promise<void> {
    const { quotaBytes } = this.#init
    if (bytes > quotaBytes) {
      throw new EdgeError(
        'payload_too_large',
        `an input of ${bytes} bytes does not fit the ${quotaBytes} bytes for inputs`,
        {
          hint: 'The node’s owner can allow more with --input-cache-bytes.',
        },
      )
    }
    await this.#inTurn(async () => {
      if ((this.#reserved.get(key) ?? 0) >= bytes) return
      const missing = await this.#free(this.#used(key) + bytes - quotaBytes)
      if (missing > 0) {
        throw new EdgeError(
          'input_unavailable',
          `an input of ${bytes} bytes does not fit now: ${missing} bytes too many of the ${quotaBytes} for inputs are in use`,
        )
      }
      this.#reserved.set(key, bytes)
    })
  }

  release(key: string): void {
    this.#reserved.delete(key)
  }

  /** As far as it goes, after the quota was made smaller. */
  async shrink(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#free(this.#used() - this.#init.quotaBytes)
    })
  }

  #used(but?: string): number {
    let bytes = 0
    for (const entry of this.#init.entries())
      if (entry.key !== but && !this.#reserved.has(entry.key)) bytes += entry.bytes
    for (const [key, reserved] of this.#reserved) if (key !== but) bytes += reserved
    return bytes
  }

  /** Removes until so many bytes are free; gives how many are still missing. */
  async #free(bytes: number): Promise<number> {
    let missing = bytes
    const { entries, isFree, remove } = this.#init
    for (const entry of [...entries()].sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (missing <= 0) break
      if (!(await isFree(entry))) continue
      await remove(entry)
      missing -= entry.bytes
    }
    return missing
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

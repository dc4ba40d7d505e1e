import { z } from 'zod'
import { Reason, ResultSummary } from '../../domain/index.ts'
import type { ExecutionId } from '../../domain/index.ts'
import type { Checkpoint, ComputeStore } from '../../ports/index.ts'

/** What an engine looked at, kept from the end of the work until the result is published. */
export const Scanned = ResultSummary.pick({
  scannedFiles: true,
  scannedBytes: true,
  scannedSeconds: true,
  events: true,
  clips: true,
})
export type Scanned = z.infer<typeof Scanned>

export const nothingScanned: Scanned = {
  scannedFiles: 0,
  scannedBytes: 0,
  scannedSeconds: 0,
  events: 0,
  clips: 0,
}

/** The node’s own notes lie beside the engine’s checkpoints, under names that no engine sees. */
const own = 'node:'
const keys = {
  cancel: `${own}cancel`,
  scanned: `${own}scanned`,
  ranMs: `${own}ranMs`,
  devices: `${own}devices`,
} as const

/** Notes of one execution that must survive a crash; gone when its checkpoints are removed. */
export class Notes {
  readonly #store: ComputeStore
  readonly #id: ExecutionId

  constructor(store: ComputeStore, id: ExecutionId) {
    this.#store = store
    this.#id = id
  }

  /** The reason of a cancel that was accepted while the work ran. */
  async cancel(): Promise<Reason | undefined> {
    return Reason.optional().parse(await this.#store.checkpoint(this.#id, keys.cancel))
  }
  async putCancel(reason: Reason): Promise<void> {
    await this.#store.putCheckpoint(this.#id, keys.cancel, reason)
  }

  async scanned(): Promise<Scanned> {
    return Scanned.default(nothingScanned).parse(await this.#store.checkpoint(this.#id, keys.scanned))
  }
  async putScanned(scanned: Scanned): Promise<void> {
    await this.#store.putCheckpoint(this.#id, keys.scanned, Scanned.parse(scanned))
  }

  /** Keys of the devices that it was given at its last start. */
  async devices(): Promise<readonly string[]> {
    return z
      .array(z.string())
      .default([])
      .parse(await this.#store.checkpoint(this.#id, keys.devices))
  }
  async putDevices(deviceKeys: readonly string[]): Promise<void> {
    await this.#store.putCheckpoint(this.#id, keys.devices, deviceKeys)
  }

  /** How long work on it ran so far, over all starts. */
  async ranMs(): Promise<number> {
    return z
      .number()
      .default(0)
      .parse(await this.#store.checkpoint(this.#id, keys.ranMs))
  }
  async putRanMs(ms: number): Promise<void> {
    await this.#store.putCheckpoint(this.#id, keys.ranMs, ms)
  }
}

/** The engine’s view of its checkpoints. `onPut` is called when one is on disk. */
export function engineCheckpoint(
  store: ComputeStore,
  id: ExecutionId,
  onPut: () => Promise<void>,
): Checkpoint {
  return {
    async entries() {
      const all = await store.checkpoints(id)
      return new Map([...all].filter(([key]) => !key.startsWith(own)))
    },
    async put(key, value) {
      if (key.startsWith(own)) throw new RangeError(`checkpoint names must not begin with ${own}`)
      await store.putCheckpoint(id, key, value)
      await onPut()
    },
  }
}

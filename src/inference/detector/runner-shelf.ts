import { EdgeError } from '../../domain/index.ts'
import type { FrameShape } from '../../media/index.ts'
import type { FrameRunner, OpenProvider } from './frame-runner.ts'

interface Place {
  readonly runner: Promise<FrameRunner>
  users: number
}

/**
 * The runners of one provider, one for each shape of frames. A runner that nobody uses is closed as soon as another
 * shape is wanted, since each holds the model’s weights.
 */
export class RunnerShelf implements OpenProvider {
  readonly #open: (shape: FrameShape) => Promise<FrameRunner>
  readonly #places = new Map<string, Place>()
  #isClosed = false

  constructor(open: (shape: FrameShape) => Promise<FrameRunner>) {
    this.#open = open
  }

  /** The runner for a shape, opened when there is none; to be given back. Rejects with the reason it does not open for. */
  async take(shape: FrameShape): Promise<{ readonly runner: FrameRunner; giveBack: () => void }> {
    if (this.#isClosed) throw new EdgeError('internal', 'a detector was used after it was closed')
    const key = `${shape.width}x${shape.height} ${shape.pixelFormat}`
    let place = this.#places.get(key)
    if (place === undefined) {
      await this.#closeUnused()
      place = this.#places.get(key) ?? { runner: this.#open(shape), users: 0 }
      this.#places.set(key, place)
    }
    const taken = place
    taken.users++
    try {
      const runner = await taken.runner
      return {
        runner,
        giveBack: () => {
          taken.users--
        },
      }
    } catch (error) {
      taken.users--
      if (this.#places.get(key) === taken) this.#places.delete(key)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#closeAll([...this.#places.keys()])
  }

  async #closeUnused(): Promise<void> {
    await this.#closeAll([...this.#places].filter(([, { users }]) => users === 0).map(([key]) => key))
  }

  async #closeAll(keys: readonly string[]): Promise<void> {
    const places = keys.map((key) => this.#places.get(key)).filter((place) => place !== undefined)
    for (const key of keys) this.#places.delete(key)
    for (const result of await Promise.allSettled(places.map(({ runner }) => runner))) {
      // One that did not open told so to whoever wanted it.
      if (result.status === 'fulfilled') await result.value.close()
    }
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EdgeError, NodeId } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { replaceFile } from '../../utils/whole-file.ts'

const PinFile = z.record(z.string(), NodeId)

/** Which peer was first met at an address that did not name one (trust on first use), kept in the data directory. */
export class PinnedPeers {
  readonly path: string
  readonly #pins: Map<string, NodeId>
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, pins: Map<string, NodeId>) {
    this.path = path
    this.#pins = pins
  }

  /** Reads `<dataDir>/pinned-peers.json`. Throws `data_dir_unusable` when it is there but makes no sense. */
  static async load(dataDir: string): Promise<PinnedPeers> {
    const path = join(dataDir, 'pinned-peers.json')
    try {
      const pins = PinFile.parse(JSON.parse(await readFile(path, 'utf8')))
      return new PinnedPeers(path, new Map(Object.entries(pins)))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new PinnedPeers(path, new Map())
      throw new EdgeError('data_dir_unusable', `cannot use the pinned peers ${path}: ${String(error)}`, {
        hint: 'Mend the file, or remove it to trust whom the node meets next.',
        cause: error,
      })
    }
  }

  get(address: string): NodeId | undefined {
    return this.#pins.get(address)
  }

  /** Holds from now on, and after a restart when this resolves. */
  async pin(address: string, peer: NodeId): Promise<void> {
    this.#pins.set(address, peer)
    const before = this.#writing
    const writing = (async () => {
      await before
      await replaceFile(this.path, `${JSON.stringify(Object.fromEntries(this.#pins), undefined, 2)}\n`, {
        mode: 0o600,
      })
    })()
    // The next one writes everything again, so a failure of this one is its own caller’s matter.
    this.#writing = writing.catch(() => undefined)
    await writing
  }
}

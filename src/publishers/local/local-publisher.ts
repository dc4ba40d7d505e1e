import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ContentIndex, indexFolder } from '../../content/index.ts'
import type { ExecutionId } from '../../domain/index.ts'
import type { Abortable, Published, Publisher } from '../../ports/index.ts'

/** Indexes held in memory; the others are read from disk when they are asked for. */
const maxOpenIndexes = 8

/**
 * A publisher that keeps `<directory>/<executionId>.index` and serves the blocks out of the published folder, which must
 * stay where it is, unchanged: a changed file gives `block_corrupt`, a lost one `block_missing`. `remove` forgets the
 * index; the folder is its owner’s.
 */
export function createLocalPublisher({ directory }: { readonly directory: string }): Publisher {
  return new LocalPublisher(directory)
}

class LocalPublisher implements Publisher {
  readonly type = 'local'
  readonly #directory: string
  /** The most recently used last. */
  readonly #open = new Map<ExecutionId, ContentIndex>()

  constructor(directory: string) {
    this.#directory = directory
  }

  async publish(executionId: ExecutionId, directory: string, { signal }: Abortable = {}): Promise<Published> {
    // Always read anew: an index of an attempt before a crash may not fit what is in the folder now.
    const index = await indexFolder(directory, { sync: true, signal })
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    await index.save(this.#path(executionId))
    this.#remember(executionId, index)
    return { cid: index.root, bytes: index.bytes, files: index.files }
  }

  async block(executionId: ExecutionId, cid: string): Promise<Uint8Array | undefined> {
    const index = this.#open.get(executionId) ?? (await ContentIndex.load(this.#path(executionId)))
    if (index === undefined) return undefined
    this.#remember(executionId, index)
    return index.read(cid)
  }

  async remove(executionId: ExecutionId): Promise<void> {
    this.#open.delete(executionId)
    await rm(this.#path(executionId), { force: true })
  }

  #remember(executionId: ExecutionId, index: ContentIndex): void {
    this.#open.delete(executionId)
    this.#open.set(executionId, index)
    const [oldest] = this.#open.keys()
    if (this.#open.size > maxOpenIndexes && oldest !== undefined) this.#open.delete(oldest)
  }

  #path(executionId: ExecutionId): string {
    return join(this.#directory, `${executionId}.index`)
  }
}

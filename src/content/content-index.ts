import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { EdgeError } from '../domain/index.ts'
import { verifyBlock } from './cid.ts'
import { openRegular, readAt } from './regular-file.ts'
import { errnoOf } from '../utils/errno.ts'
import { replaceFile } from '../utils/whole-file.ts'

const count = z.int().min(0)

/** The index on disk. `directory` is relative to the index file, so that both can move together. */
const IndexFile = z.object({
  format: z.literal('edge/content-index/v1'),
  root: z.string(),
  directory: z.string(),
  bytes: count,
  fileCount: count,
  /** Those that leaves are in; of equal files only one. */
  files: z.array(z.string()),
  /** CID, number of the file in `files`, offset, length. */
  leaves: z.array(z.tuple([z.string(), count, count, count])),
  /** CID, the block in base64. */
  nodes: z.array(z.tuple([z.string(), z.string()])),
})

/** A block’s place: so many bytes of a file below the folder. */
export interface Slice {
  readonly path: string
  readonly offset: number
  readonly length: number
}

export interface ContentIndexInit {
  readonly root: string
  readonly directory: string
  readonly bytes: number
  readonly files: number
  readonly leaves: ReadonlyMap<string, Slice>
  readonly nodes: ReadonlyMap<string, Uint8Array>
}

/** The blocks of one folder: leaves are read out of its files, nodes are held here, so nothing is kept twice. */
export class ContentIndex {
  readonly root: string
  /** Absolute path of the folder. */
  readonly directory: string
  /** Of all files. */
  readonly bytes: number
  readonly files: number
  readonly #leaves: ReadonlyMap<string, Slice>
  readonly #nodes: ReadonlyMap<string, Uint8Array>

  constructor({ root, directory, bytes, files, leaves, nodes }: ContentIndexInit) {
    this.root = root
    this.directory = directory
    this.bytes = bytes
    this.files = files
    this.#leaves = leaves
    this.#nodes = nodes
  }

  /** Every block, each once. */
  *cids(): Generator<string> {
    yield* this.#nodes.keys()
    yield* this.#leaves.keys()
  }

  has(cid: string): boolean {
    return this.#nodes.has(cid) || this.#leaves.has(cid)
  }

  /**
   * A block, verified; undefined when it is none of this folder. Throws `block_corrupt` when the file has been changed,
   * `block_missing` when it is gone.
   */
  async read(cid: string): Promise<Uint8Array | undefined> {
    const slice = this.#leaves.get(cid)
    const block = slice === undefined ? this.#nodes.get(cid) : await this.#readSlice(slice, cid)
    if (block !== undefined) verifyBlock(cid, block)
    return block
  }

  /** Writes the index to one file, durable when it resolves; `load` reads it. */
  async save(path: string): Promise<void> {
    const numbers = new Map<string, number>()
    const leaves = [...this.#leaves].map(([cid, slice]) => {
      const number = numbers.get(slice.path) ?? numbers.size
      numbers.set(slice.path, number)
      return [cid, number, slice.offset, slice.length]
    })
    const document = {
      format: 'edge/content-index/v1',
      root: this.root,
      directory: relative(dirname(path), this.directory),
      bytes: this.bytes,
      fileCount: this.files,
      files: [...numbers.keys()],
      leaves,
      nodes: [...this.#nodes].map(([cid, block]) => [cid, Buffer.from(block).toString('base64')]),
    }
    await replaceFile(path, JSON.stringify(document), { mode: 0o600 })
  }

  /** Undefined when there is no such file. Throws `store_corrupt` when it is no index. */
  static async load(path: string): Promise<ContentIndex | undefined> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return undefined
    const file = parseIndex(text, path)
    const leaves = file.leaves.map(([cid, number, offset, length]): [string, Slice] => {
      const slicePath = file.files[number]
      if (slicePath === undefined) throw corrupt(path, `it has no file ${number}`)
      return [cid, { path: slicePath, offset, length }]
    })
    return new ContentIndex({
      root: file.root,
      directory: join(dirname(path), file.directory),
      bytes: file.bytes,
      files: file.fileCount,
      leaves: new Map(leaves),
      nodes: new Map(file.nodes.map(([cid, block]) => [cid, Buffer.from(block, 'base64')])),
    })
  }

  async #readSlice({ path, offset, length }: Slice, cid: string): Promise<Uint8Array> {
    const file = await openRegular(join(this.directory, path)).catch((error: unknown) => {
      throw new EdgeError('block_missing', `block ${cid} was in ${path}, which cannot be read any more`, {
        cause: error,
      })
    })
    try {
      return await readAt(file, offset, length)
    } finally {
      await file.close()
    }
  }
}

function parseIndex(text: string, path: string): z.infer<typeof IndexFile> {
  try {
    return IndexFile.parse(JSON.parse(text))
  } catch (error) {
    throw corrupt(path, 'it is no content index', error)
  }
}

function corrupt(path: string, problem: string, cause?: unknown): EdgeError {
  return new EdgeError('store_corrupt', `the index ${path} cannot be used: ${problem}`, { cause })
}

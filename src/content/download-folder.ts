import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { forEachBounded } from './bounded.ts'
import { verifyBlock } from './cid.ts'
import { downloadFile, isSameFile } from './download-file.ts'
import { checkFolders, isFileAt } from './download-plan.ts'
import { errnoOf } from '../utils/errno.ts'
import { resultLimits, type TreeLimits } from './limits.ts'
import { listTree, type Tree, type TreeFile } from './list-tree.ts'
import { Slots } from '../utils/slots.ts'

export interface DownloadProgress {
  readonly files: number
  readonly totalFiles: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface DownloadFolderInit extends Abortable {
  readonly root: string
  /** At most 8 calls at a time. What it gives is verified here. */
  readonly fetchBlock: (cid: string, options: Abortable) => Promise<Uint8Array>
  /** Made where needed, with its parents. */
  readonly target: string
  /** Replace files that have other content. */
  readonly force?: boolean
  /** Only this file, or this folder and what is below it: a path below the root, with slashes. Default: everything. */
  readonly only?: string
  /** Told what will be written before anything is; may throw. */
  readonly onTree?: (tree: { readonly files: number; readonly bytes: number }) => Promise<void>
  readonly onProgress?: (progress: DownloadProgress) => void
  /** What is left out is as in `resultLimits`. */
  readonly limits?: Partial<TreeLimits>
}

export interface DownloadedFolder {
  readonly files: number
  readonly bytes: number
  /** Files that were there already, whole. */
  readonly keptFiles: number
  readonly fetchedBlocks: number
}

const concurrentFetches = 8
const concurrentFiles = 8

/**
 * Writes a folder’s DAG as files below `target` and nothing anywhere else. Every block is verified; files that are there
 * already and unfinished `.part` files are taken up by their hashes. Throws, before anything is written: `output_exists`
 * for a file with other content (without `force`), `output_unsafe` for names and symlinks, `result_refused`; and on the
 * way `block_corrupt` for a block that does not match, or what `fetchBlock` throws. Call it again to go on.
 */
export async function downloadFolder(init: DownloadFolderInit): Promise<DownloadedFolder> {
  const blocks = new VerifiedBlocks(init)
  const { root, target, force = false, signal } = init
  const limits = { ...resultLimits, ...init.limits }
  const block = blocks.get.bind(blocks)
  const tree = below(await listTree({ root, block, limits, signal }), init.only ?? '')
  await init.onTree?.({ files: tree.files.length, bytes: tree.bytes })
  const kept = await findKept(tree, { target, force, block })
  await makeFolders(target, tree.folders)
  const progress = new Progress(tree, init.onProgress)
  await forEachBounded(tree.files, concurrentFiles, async (file) => {
    signal?.throwIfAborted()
    const onBytes = progress.addBytes.bind(progress)
    if (kept.has(file)) onBytes(file.bytes)
    else await downloadFile({ file, path: join(target, file.path), force, block, onBytes, signal })
    progress.addFile()
  })
  return { files: tree.files.length, bytes: tree.bytes, keptFiles: kept.size, fetchedBlocks: blocks.fetched }
}

/** The part of the tree that was asked for, at the same place below the root. */
function below(tree: Tree, only: string): Tree {
  const path = only.split('/').filter((name) => name !== '' && name !== '.')
  if (path.length === 0) return tree
  const [wanted, inside] = [path.join('/'), `${path.join('/')}/`]
  const files = tree.files.filter((file) => file.path === wanted || file.path.startsWith(inside))
  const isFolder = tree.folders.includes(wanted)
  const parents = path
    .slice(0, isFolder ? undefined : -1)
    .map((_, index) => path.slice(0, index + 1).join('/'))
  return {
    folders:
      files.length === 0 && !isFolder
        ? []
        : [...parents, ...tree.folders.filter((folder) => folder.startsWith(inside))],
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  }
}

interface Place {
  readonly target: string
  readonly force: boolean
  readonly block: (cid: string) => Promise<Uint8Array>
}

/** The files that are there already; decides, with nothing written yet, whether the download may go on. */
async function findKept(tree: Tree, { target, force, block }: Place): Promise<ReadonlySet<TreeFile>> {
  await checkFolders(target, tree.folders)
  const kept = new Set<TreeFile>()
  const inTheWay: string[] = []
  for (const file of tree.files) {
    const path = join(target, file.path)
    if (!(await isFileAt(path))) continue
    if (await isSameFile(path, { file, block })) kept.add(file)
    else inTheWay.push(path)
  }
  const [first] = inTheWay
  if (first === undefined || force) return kept
  const others = inTheWay.length === 1 ? '' : `, and ${inTheWay.length - 1} more`
  throw new EdgeError('output_exists', `${first} exists with other content${others}`)
}

/** Makes each folder by itself, so that a link that appears meanwhile is not followed unseen. */
async function makeFolders(target: string, folders: readonly string[]): Promise<void> {
  await mkdir(target, { recursive: true })
  for (const folder of folders) {
    await mkdir(join(target, folder)).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error
    })
  }
  await checkFolders(target, folders)
}

class VerifiedBlocks {
  fetched = 0
  readonly #slots = new Slots(concurrentFetches)
  readonly #init: DownloadFolderInit

  constructor(init: DownloadFolderInit) {
    this.#init = init
  }

  async get(cid: string): Promise<Uint8Array> {
    const { fetchBlock, signal } = this.#init
    return this.#slots.use(async () => {
      signal?.throwIfAborted()
      const bytes = await fetchBlock(cid, { signal })
      verifyBlock(cid, bytes)
      this.fetched++
      return bytes
    })
  }
}

class Progress {
  #files = 0
  #bytes = 0
  readonly #tree: Tree
  readonly #tell: ((progress: DownloadProgress) => void) | undefined

  constructor(tree: Tree, tell: ((progress: DownloadProgress) => void) | undefined) {
    this.#tree = tree
    this.#tell = tell
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes
    this.#report()
  }

  addFile(): void {
    this.#files++
    this.#report()
  }

  #report(): void {
    const { files, bytes } = this.#tree
    this.#tell?.({ files: this.#files, totalFiles: files.length, bytes: this.#bytes, totalBytes: bytes })
  }
}

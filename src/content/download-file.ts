import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { EdgeError } from '../domain/index.ts'
import { forEachBounded } from './bounded.ts'
import { codecOf, matches } from './cid.ts'
import { readNode, type FilePart } from './dag-node.ts'
import { isFileAt } from './download-plan.ts'
import { openRegular, pathError, readAt } from './regular-file.ts'
import { errnoOf } from '../utils/errno.ts'
import type { TreeFile } from './list-tree.ts'
import { maxBlockBytes } from './limits.ts'

/** A leaf and its place in the file. */
interface Leaf {
  readonly cid: CID
  readonly offset: number
  readonly length: number
}

export interface FileDownload {
  readonly file: TreeFile
  readonly path: string
  readonly force: boolean
  /** The verified block of a CID. */
  readonly block: (cid: string) => Promise<Uint8Array>
  readonly onBytes: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Levels of nodes above the leaves: five of 174 links hold more than any disk. */
const maxFileDepth = 8
const concurrentLeaves = 8

/** Whether the file at `path` is, byte for byte, this one: decided by hashing its blocks, wherever it came from. */
export async function isSameFile(
  path: string,
  download: Pick<FileDownload, 'file' | 'block'>,
): Promise<boolean> {
  const onDisk = await openRegular(path)
  try {
    if ((await onDisk.stat()).size !== download.file.bytes) return false
    for await (const leaf of leavesOf(download)) {
      if (!(await holds(onDisk, leaf))) return false
    }
    return true
  } finally {
    await onDisk.close()
  }
}

/**
 * Writes a file beside its place as `.edge-<16 hex>.part`, leaf by leaf, each verified; what a part left by an earlier
 * attempt holds already is not fetched again. Then puts it in place: over another file only with `force`.
 */
export async function downloadFile(download: FileDownload): Promise<void> {
  const part = partPath(download)
  const file = await openPart(part)
  try {
    const size = (await file.stat()).size
    await forEachBounded(leavesOf(download), concurrentLeaves, async (leaf) => {
      download.signal?.throwIfAborted()
      const isThere = leaf.offset + leaf.length <= size && (await holds(file, leaf))
      if (!isThere) await writeLeaf(file, leaf, download)
      download.onBytes(leaf.length)
    })
    await file.truncate(download.file.bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await putInPlace(part, download)
}

async function writeLeaf(
  file: FileHandle,
  { cid, offset, length }: Leaf,
  { block, file: whole }: FileDownload,
): Promise<void> {
  const bytes = await block(cid.toString())
  if (bytes.byteLength !== length)
    throw refused(whole, `leaf ${cid.toString()} has ${bytes.byteLength} bytes instead of ${length}`)
  let written = 0
  while (written < length) {
    const { bytesWritten } = await file.write(bytes, written, length - written, offset + written)
    written += bytesWritten
  }
}

async function holds(file: FileHandle, { cid, offset, length }: Leaf): Promise<boolean> {
  if (length > maxBlockBytes) return false
  const bytes = await readAt(file, offset, length)
  return bytes.byteLength === length && matches(cid, bytes)
}

/** The leaves in the order of the file, reading inner nodes on the way; every size is checked against what was said above it. */
async function* leavesOf({ file, block }: Pick<FileDownload, 'file' | 'block'>): AsyncGenerator<Leaf> {
  let offset = 0
  async function* below(parts: readonly FilePart[], depth: number): AsyncGenerator<Leaf> {
    if (depth > maxFileDepth) throw refused(file, `it has more than ${maxFileDepth} levels`)
    for (const { cid, bytes } of parts) {
      if (codecOf(cid) === 'raw') {
        yield { cid, offset, length: bytes }
        offset += bytes
        continue
      }
      const node = await readNode(cid, await block(cid.toString()))
      if (node.kind !== 'file' || node.bytes !== bytes)
        throw refused(file, `part ${cid.toString()} is not what it should be`)
      yield* below(node.parts, depth + 1)
    }
  }
  yield* below(file.parts, 0)
}

async function openPart(path: string): Promise<FileHandle> {
  const file = await open(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    0o644,
  ).catch((error: unknown) => {
    if (errnoOf(error) === 'ELOOP')
      throw new EdgeError('output_unsafe', `${path} is a symlink; nothing is written through it`)
    throw pathError(error, path)
  })
  const found = await file.stat()
  if (found.isFile() && found.nlink === 1) return file
  await file.close()
  throw new EdgeError('output_unsafe', `${path} is not a file of this download’s own`)
}

async function putInPlace(part: string, { path, force }: FileDownload): Promise<void> {
  if (force) {
    await isFileAt(path)
    await rename(part, path)
    return
  }
  try {
    // link() fails when something is there, rename() would replace it.
    await link(part, path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'EEXIST' && !(await isFileAt(path))) {
      // A file system without hard links (FAT).
      await rename(part, path)
      return
    }
    throw new EdgeError('output_exists', `${path} appeared while it was downloaded`, { cause: error })
  }
  await rm(part)
}

/** Named after place and content, so that a part of another result is never taken up. */
function partPath({ path, file }: FileDownload): string {
  const name = createHash('sha256').update(`${file.path}\0${file.cid.toString()}`).digest('hex').slice(0, 16)
  return join(dirname(path), `.edge-${name}.part`)
}

function refused({ path }: TreeFile, problem: string): EdgeError {
  return new EdgeError('result_refused', `${path} of the result is refused: ${problem}`)
}

import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

/** What tells one state of a file from another without reading it. */
export interface FileState {
  readonly bytes: number
  readonly mtimeMs: number
}

/** Undefined when the file is not there (any more) or may not be looked at. */
export async function fileState(path: string): Promise<FileState | undefined> {
  try {
    const { size, mtimeMs } = await stat(path)
    return { bytes: size, mtimeMs }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EIO') return undefined
    throw error
  }
}

const edgeBytes = 1_048_576
const probeBytes = 65_536
const probes = 16

/**
 * Identifies footage by content: SHA-256 over size, first and last MiB and 16 pieces of 64 KiB spread over the rest, so
 * that hours of video are not read twice. With `bytes` of the first so many, as if the file had no more.
 */
export async function fingerprintFootage(path: string, bytes?: number): Promise<string> {
  const file = await open(path)
  try {
    const size = bytes ?? (await file.stat()).size
    const hash = createHash('sha256').update(`${size}\n`)
    const buffer = Buffer.alloc(edgeBytes)
    const add = async (position: number, length: number): Promise<void> => {
      const { bytesRead } = await file.read(buffer, 0, Math.min(length, size - position), position)
      hash.update(buffer.subarray(0, bytesRead))
    }
    await add(0, edgeBytes)
    if (size > edgeBytes) await add(Math.max(edgeBytes, size - edgeBytes), edgeBytes)
    const between = size - 2 * edgeBytes
    for (let index = 0; index < probes && between > 0; index++) {
      await add(edgeBytes + Math.floor((between * index) / probes), Math.min(probeBytes, between))
    }
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}

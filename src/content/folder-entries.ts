import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import { pathError } from './regular-file.ts'

export interface FolderEntry {
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder'
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The files and folders in a folder, in the order of their bytes. Throws `result_refused` for anything else that is there. */
export async function readFolder(path: string, hidden: boolean): Promise<readonly FolderEntry[]> {
  const found = await readdir(path, { withFileTypes: true, encoding: 'buffer' }).catch((error: unknown) => {
    throw pathError(error, path)
  })
  const entries: FolderEntry[] = []
  for (const entry of found.sort((a, b) => Buffer.compare(a.name, b.name))) {
    const name = decodeName(entry.name, path)
    if (!hidden && name.startsWith('.')) continue
    entries.push({ name, path: join(path, name), kind: kindOf(entry, join(path, name)) })
  }
  return entries
}

function kindOf(entry: Dirent<Buffer>, path: string): FolderEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  const what = entry.isSymbolicLink() ? 'a symlink' : entry.isFIFO() ? 'a FIFO' : 'a device or socket'
  throw new EdgeError('result_refused', `${path} is ${what}; only regular files and folders can be addressed`)
}

function decodeName(name: Buffer, folder: string): string {
  try {
    return utf8.decode(name)
  } catch (error) {
    const message = `${folder} holds a name that is not UTF-8: ${name.toString('latin1')}`
    throw new EdgeError('result_refused', message, { cause: error })
  }
}

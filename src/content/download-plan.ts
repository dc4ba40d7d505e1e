import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import { errnoOf } from '../utils/errno.ts'

/** What is at a path, without following a link. */
export type Occupant = 'nothing' | 'file' | 'folder' | 'symlink' | 'other'

export async function occupant(path: string): Promise<Occupant> {
  try {
    const found = await lstat(path)
    if (found.isSymbolicLink()) return 'symlink'
    if (found.isDirectory()) return 'folder'
    return found.isFile() ? 'file' : 'other'
  } catch (error) {
    // ENOTDIR: a file stands where a parent folder should be; it is found when that folder is looked at.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return 'nothing'
    throw error
  }
}

/** Throws `output_unsafe` or `output_exists` unless each of these is a folder or not there at all. */
export async function checkFolders(target: string, folders: readonly string[]): Promise<void> {
  for (const folder of ['', ...folders]) {
    const path = join(target, folder)
    const found = await occupant(path)
    if (found === 'symlink') throw symlinkAt(path)
    if (found !== 'nothing' && found !== 'folder') {
      throw new EdgeError('output_exists', `${path} should become a folder, but there is a ${found} already`)
    }
  }
}

/** Whether a file is where one is to be written; throws for whatever else is there. */
export async function isFileAt(path: string): Promise<boolean> {
  const found = await occupant(path)
  if (found === 'nothing') return false
  if (found === 'file') return true
  if (found === 'symlink') throw symlinkAt(path)
  throw new EdgeError('output_exists', `${path} should become a file, but there is a ${found} already`)
}

function symlinkAt(path: string): EdgeError {
  return new EdgeError('output_unsafe', `${path} is a symlink; nothing is written through it`)
}

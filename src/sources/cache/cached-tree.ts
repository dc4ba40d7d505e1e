import { constants } from 'node:fs'
import { chmod, copyFile, link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../../utils/errno.ts'
import { syncFolder } from '../../utils/whole-file.ts'

export interface TreeSize {
  readonly files: number
  readonly bytes: number
}

/** Makes a fetched tree read-only and durable: files first, then their folders. Gives what is in it. */
export async function sealTree(folder: string): Promise<TreeSize> {
  let [files, bytes] = [0, 0]
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const below = await sealTree(path)
      files += below.files
      bytes += below.bytes
      continue
    }
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      await file.chmod(0o444)
      await file.sync()
      bytes += (await file.stat()).size
      files += 1
    } finally {
      await file.close()
    }
  }
  await chmod(folder, 0o755)
  await syncFolder(folder)
  return { files, bytes }
}

/**
 * Lays a tree out at `place` by hard links, which also say that it is in use for as long as they are there: after a crash,
 * too. Where the file system has no hard links, by copies. `place` appears whole or not at all. Gives what was laid out.
 */
export async function layOut(folder: string, place: string): Promise<TreeSize> {
  const part = join(dirname(place), `.${basename(place)}.part`)
  await rm(part, { recursive: true, force: true })
  await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  const size = await linkTree(folder, part)
  await rm(place, { recursive: true, force: true })
  await rename(part, place)
  return size
}

async function linkTree(from: string, to: string): Promise<TreeSize> {
  let [files, bytes] = [0, 0]
  await mkdir(to)
  // Whatever the umask: the work may run as somebody else.
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      const below = await linkTree(source, target)
      files += below.files
      bytes += below.bytes
      continue
    }
    await linkOrCopy(source, target)
    bytes += (await lstat(target)).size
    files += 1
  }
  return { files, bytes }
}

/** What link() says where it cannot be had: no such call, another disk, too many links. */
const noLinks: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'EMLINK',
])

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error) {
    if (!noLinks.has(errnoOf(error))) throw error
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  }
}

/** Whether somebody else holds a link to a file of the tree. */
export async function isInUse(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() ? await isInUse(path) : (await lstat(path)).nlink > 1) return true
  }
  return false
}

/** Whether there is a folder. */
export async function isFolderThere(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

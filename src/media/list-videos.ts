import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative, resolve } from 'node:path'
import { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { errnoOf } from '../utils/errno.ts'

export interface VideoFile {
  readonly path: string
  /** Below the listed folder; the file's own name when a file was listed. */
  readonly relative: string
  readonly bytes: number
}

export interface VideoList {
  /** In the byte order of their paths. */
  readonly videos: readonly VideoFile[]
  /** `relative/path: why it was passed over`. */
  readonly skipped: readonly string[]
}

const extensions = new Set(
  'mp4 m4v mov qt 3gp 3g2 mkv webm avi divx ts m2ts mts m2t mpg mpeg mpe vob flv f4v wmv asf ogv ogg mxf'
    .split(' ')
    .map((extension) => `.${extension}`),
)

/** True for what is video by its name. */
export function isVideo(path: string): boolean {
  return extensions.has(extname(path).toLowerCase())
}

const deepestFolder = 64

/**
 * The files of a folder, and of the folders in it, that are video by their extension; or the file itself, whatever its
 * name. Links below the folder are not followed, special files not opened. Throws path_missing.
 */
export async function listVideos(path: string, options: Abortable = {}): Promise<VideoList> {
  const root = resolve(path)
  const found = await stat(root).catch((error: unknown) => {
    throw new EdgeError('path_missing', `${root} cannot be listed: ${String(error)}`, { cause: error })
  })
  if (found.isFile())
    return { videos: [{ path: root, relative: basename(root), bytes: found.size }], skipped: [] }
  if (!found.isDirectory()) return { videos: [], skipped: [`${basename(root)}: no regular file`] }
  const videos: VideoFile[] = []
  const skipped: string[] = []
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    options.signal?.throwIfAborted()
    await listFolder({ root, folder, folders, videos, skipped })
  }
  return {
    videos: videos.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
    skipped: skipped.sort(),
  }
}

interface Walk {
  readonly root: string
  readonly folder: string
  readonly folders: string[]
  readonly videos: VideoFile[]
  readonly skipped: string[]
}

async function listFolder({ root, folder, folders, videos, skipped }: Walk): Promise<void> {
  const skip = (path: string, why: string): void => {
    skipped.push(`${relative(root, path) || '.'}: ${why}`)
  }
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(
    (error: unknown) => {
      skip(folder, `the folder cannot be read (${error instanceof Error ? error.message : String(error)})`)
      return []
    },
  )
  for (const entry of entries) {
    const name = entry.name.toString('utf8')
    const path = join(folder, name)
    if (!Buffer.from(name).equals(entry.name)) skip(path, 'its name is not UTF-8')
    else if (entry.isSymbolicLink()) skip(path, 'a link, not followed')
    else if (entry.isDirectory()) {
      if (relative(root, path).split('/').length > deepestFolder) skip(path, 'too deep')
      else folders.push(path)
    } else if (!entry.isFile()) skip(path, 'no regular file')
    else if (name.startsWith('._')) skip(path, 'a companion file of macOS')
    else if (!isVideo(name)) skip(path, 'not a video by its extension')
    else {
      const bytes = await sizeOf(path)
      if (bytes === undefined) skip(path, 'it went away')
      else videos.push({ path, relative: relative(root, path), bytes })
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

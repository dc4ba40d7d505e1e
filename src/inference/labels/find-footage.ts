import { glob, readdir, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import { isImage, isVideo, listVideos } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'

/** A picture or a video to label; its label files are named after the stem. */
export interface Footage {
  readonly kind: 'image' | 'video'
  readonly path: string
  readonly stem: string
}

/**
 * What the words after --source name: files whatever their names, the pictures and videos that lie directly in a folder,
 * or those that a pattern (`*`, `?`, `[`) fits. In the order of their paths. Throws `path_missing`, `input_empty`, and
 * `usage` when two would write the same label files.
 */
export async function findFootage(
  words: readonly string[],
  options: Abortable = {},
): Promise<readonly Footage[]> {
  const paths = new Set<string>()
  for (const word of words) for (const path of await pathsOf(word, options)) paths.add(path)
  const footage = [...paths].sort().map((path): Footage => {
    const kind = isImage(path) ? 'image' : 'video'
    return { kind, path, stem: basename(path, extname(path)) }
  })
  if (footage.length === 0) throw new EdgeError('input_empty', `no picture or video in ${words.join(', ')}`)
  const taken = new Map<string, string>()
  for (const { kind, path, stem } of footage) {
    const other = taken.get(`${kind} ${stem}`)
    if (other !== undefined)
      throw new EdgeError('usage', `${other} and ${path} would write the same label files (${stem})`, {
        hint: 'Rename one, or run them one after another.',
      })
    taken.set(`${kind} ${stem}`, path)
  }
  return footage
}

async function pathsOf(word: string, options: Abortable): Promise<readonly string[]> {
  if (/^\w+:\/\//.test(word) || /^\d+$/.test(word))
    throw new EdgeError(
      'not_supported',
      `${word}: cameras and addresses are not read, only files of this machine`,
    )
  const path = resolve(word)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true) return [path]
  if (found?.isDirectory() === true) return inFolder(path, options)
  if (!/[*?[]/.test(word)) throw new EdgeError('path_missing', `there is no ${path}`)
  const fitting: string[] = []
  for await (const each of glob(path)) if (await isWanted(each)) fitting.push(each)
  return fitting
}

async function inFolder(folder: string, options: Abortable): Promise<readonly string[]> {
  const { videos } = await listVideos(folder, options)
  const images = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && isImage(entry.name),
  )
  return [
    ...videos.filter(({ relative }) => !relative.includes('/')).map(({ path }) => path),
    ...images.map(({ name }) => join(folder, name)),
  ]
}

/** A pattern may fit anything: of folders nothing is taken, of files what is picture or video by its name. */
async function isWanted(path: string): Promise<boolean> {
  return (isImage(path) || isVideo(path)) && (await stat(path)).isFile()
}

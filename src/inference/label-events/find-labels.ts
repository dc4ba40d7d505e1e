import { opendir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Abortable } from '../../ports/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import type { LabelLimits } from './limits.ts'
import { quoted } from './problems.ts'
import type { Problems } from './problems.ts'

/** A place in which to look for detections. */
export interface LabelRoot {
  readonly path: string
  /** What the place is called in documents, e.g. `outputs`. */
  readonly name: string
  /** Whether it is a folder of label files itself, whatever its name. */
  readonly isLabels?: boolean | undefined
}

/** A file that was found: where it lies, and how documents call it. */
export interface LeftFile {
  readonly path: string
  readonly name: string
}

/** A folder of `<stem>_<frame>.txt`. */
export interface LabelFolder extends LeftFile {
  /** Names of the label files by the stem of their video and the number of their frame. */
  readonly stems: ReadonlyMap<string, ReadonlyMap<number, string>>
  /** The nearest file of class names, beside the label files or above them. */
  readonly classNames: LeftFile | undefined
}

export interface FoundLabels {
  readonly folders: readonly LabelFolder[]
  /** Every detections.jsonl. */
  readonly lines: readonly LeftFile[]
}

export interface FindLabelsInit extends Abortable {
  readonly limits: LabelLimits
  readonly problems: Problems
}

export const linesName = 'detections.jsonl'
const classNamesNames = ['data.yaml', 'data.yml', 'classes.txt']
const labelName = /^(.+)_(\d{1,9})\.txt$/s

/** Looks for folders called `labels` and for detections.jsonl, without following links. The order is that of the names. */
export async function findLabels(roots: readonly LabelRoot[], init: FindLabelsInit): Promise<FoundLabels> {
  const search = new Search(init)
  for (const { path, name, isLabels = false } of roots)
    await search.folder({ path, name }, { depth: 0, isLabels, classNames: undefined })
  return search
}

interface Place {
  readonly depth: number
  readonly isLabels: boolean
  readonly classNames: LeftFile | undefined
}

class Search implements FoundLabels {
  readonly folders: LabelFolder[] = []
  readonly lines: LeftFile[] = []
  readonly #init: FindLabelsInit
  #entries = 0

  constructor(init: FindLabelsInit) {
    this.#init = init
  }

  async folder(folder: LeftFile, { depth, isLabels, classNames: above }: Place): Promise<void> {
    const { limits, problems } = this.#init
    if (depth > limits.depth) {
      problems.add(
        'limit_exceeded',
        `folders deeper than ${limits.depth} are not looked at`,
        quoted(folder.name),
      )
      return
    }
    const { files, folders } = await this.#read(folder)
    const within = (name: string): LeftFile => ({
      path: join(folder.path, name),
      name: `${folder.name}/${name}`,
    })
    const [beside] = classNamesNames.filter((name) => files.includes(name))
    const classNames = beside === undefined ? above : within(beside)
    if (files.includes(linesName)) this.lines.push(within(linesName))
    if (isLabels) this.folders.push({ ...folder, classNames, stems: this.#stems(folder, files) })
    for (const name of folders)
      await this.folder(within(name), { depth: depth + 1, isLabels: name === 'labels', classNames })
  }

  /** The names in a folder, ordered. */
  async #read(
    folder: LeftFile,
  ): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
    const { limits, problems, signal } = this.#init
    const [files, folders, special]: [string[], string[], string[]] = [[], [], []]
    const directory = await opendir(folder.path).catch(gone)
    if (directory === undefined) return { files, folders }
    for await (const entry of directory) {
      signal?.throwIfAborted()
      if (++this.#entries > limits.entries) {
        problems.add(
          'limit_exceeded',
          `there are more than ${limits.entries} files; the rest is not looked at`,
        )
        break
      }
      if (entry.isDirectory()) folders.push(entry.name)
      else if (entry.isFile()) files.push(entry.name)
      else if (isOfInterest(entry.name)) special.push(`${folder.name}/${entry.name}`)
    }
    for (const name of special.sort())
      problems.add('labels_invalid', 'links and special files are not read', quoted(name))
    return { files: files.sort(), folders: folders.sort() }
  }

  #stems(folder: LeftFile, files: readonly string[]): LabelFolder['stems'] {
    const stems = new Map<string, Map<number, string>>()
    for (const name of files) {
      const [, stem, digits] = labelName.exec(name) ?? []
      if (stem === undefined || digits === undefined) {
        if (name.endsWith('.txt') && !classNamesNames.includes(name))
          this.#init.problems.add(
            'labels_unmatched',
            'label files that name no frame of a video (<video>_<frame>.txt)',
            quoted(`${folder.name}/${name}`),
          )
        continue
      }
      const frames = stems.get(stem) ?? new Map<number, string>()
      stems.set(stem, frames.set(Number(digits), name))
    }
    return stems
  }
}

function isOfInterest(name: string): boolean {
  return (
    name === 'labels' ||
    name === linesName ||
    classNamesNames.includes(basename(name)) ||
    labelName.test(name)
  )
}

function gone(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}

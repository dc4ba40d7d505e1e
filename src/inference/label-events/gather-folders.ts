import { join } from 'node:path'
import type { Abortable } from '../../ports/index.ts'
import type { Detection } from '../detector/index.ts'
import { readClassNames } from './class-registry.ts'
import type { ClassRegistry } from './class-registry.ts'
import type { LabelFolder } from './find-labels.ts'
import { bestOf } from './left-detections.ts'
import type { GatherInit, LeftDetections, LeftFrame } from './left-detections.ts'
import type { LabelLimits } from './limits.ts'
import { matchStem } from './match-source.ts'
import { readLeftFile } from './open-left-file.ts'
import { parseLabelLine } from './parse-labels.ts'
import { Problems, quoted } from './problems.ts'

interface Candidate {
  readonly folder: LabelFolder
  readonly frames: ReadonlyMap<number, string>
}

/** Of several runs over one video (exp, exp2) the one with most frames counts, of equals the last. */
export async function gatherFolders(
  folders: readonly LabelFolder[],
  init: GatherInit,
): Promise<ReadonlyMap<string, LeftDetections>> {
  const candidates = new Map<string, Candidate[]>()
  for (const folder of folders)
    for (const [stem, frames] of folder.stems) {
      const source = matchStem(stem, init.sources, folder.name)
      if (source === undefined || source === 'several') {
        const what =
          source === undefined
            ? 'label files that match no input video'
            : 'label files that several input videos fit'
        init.problems.add('labels_unmatched', what, quoted(`${folder.name}/${stem}_*.txt`))
      } else candidates.set(source.source, [...(candidates.get(source.source) ?? []), { folder, frames }])
    }
  const names = new Map<LabelFolder, readonly string[] | undefined>()
  for (const folder of folders)
    if (folder.classNames !== undefined) names.set(folder, await readClassNames(folder.classNames, init))
  return new Map(
    [...candidates].map(([source, all]) => {
      const best = all.reduce((a, b) => (b.frames.size >= a.frames.size ? b : a))
      const problems = new Problems()
      for (const { folder } of all)
        if (folder !== best.folder)
          problems.add(
            'labels_invalid',
            'label files of another run over the same video are left out',
            quoted(folder.name),
          )
      const { limits, classes } = init
      const called = names.get(best.folder)
      const read = (options: Abortable): Promise<readonly LeftFrame[]> =>
        readFolder(best, { limits, classes, called, problems }, options)
      return [source, { from: [best.folder.name], problems, read }]
    }),
  )
}

interface Reading {
  readonly limits: LabelLimits
  readonly classes: ClassRegistry
  readonly called: readonly string[] | undefined
  readonly problems: Problems
}

async function readFolder(
  { folder, frames }: Candidate,
  { limits, classes, called, problems }: Reading,
  { signal }: Abortable,
): Promise<readonly LeftFrame[]> {
  const left: LeftFrame[] = []
  let boxes = 0
  for (const [frame, name] of [...frames].sort(([a], [b]) => a - b)) {
    signal?.throwIfAborted()
    const file = await readLeftFile(join(folder.path, name), limits.fileBytes)
    if ('problem' in file) {
      problems.add('labels_invalid', `a label file ${file.problem}`, quoted(name))
      continue
    }
    const detections: Detection[] = []
    for (const [index, line] of file.text.split('\n').entries()) {
      if (line.trim() === '') continue
      const parsed = parseLabelLine(line)
      if (typeof parsed === 'string')
        problems.add(
          'labels_invalid',
          'lines that cannot be read are left out',
          `${quoted(name)}, line ${index + 1}, ${parsed}`,
        )
      else detections.push({ ...parsed, classId: classes.idOfNumber(parsed.classId, called) })
    }
    const best = bestOf(detections, limits, problems, quoted(name))
    boxes += best.length
    if (boxes > limits.boxes) {
      problems.add(
        'limit_exceeded',
        `there are more than ${limits.boxes} boxes; the rest is not read`,
        quoted(name),
      )
      break
    }
    left.push({ at: { frame }, detections: best })
  }
  return left
}

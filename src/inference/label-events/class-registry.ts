import { parse } from 'yaml'
import { z } from 'zod'
import { cocoClasses } from '../model/coco-classes.ts'
import type { LeftFile } from './find-labels.ts'
import type { LabelLimits } from './limits.ts'
import { readLeftFile } from './open-left-file.ts'
import { quoted } from './problems.ts'
import type { Problems } from './problems.ts'

/** Longer names, and more of them, are cut. */
const longestName = 64
const mostClasses = 10_000

const name = z.string().min(1).max(longestName)
/** Names of the class numbers: a list, or an object with numbers for keys, as in the data.yaml of YOLOv5. */
export const ClassNames = z.union([
  z.array(name).max(mostClasses),
  z.record(z.string().regex(/^\d{1,4}$/), name),
])
export type ClassNames = z.infer<typeof ClassNames>

/** Numbers for class names, the same for all files of a run: first COCO’s, then others as they come. */
export class ClassRegistry {
  readonly names: string[] = [...cocoClasses]
  readonly #ids = new Map(cocoClasses.map((one, id) => [one, id]))

  idOf(className: string): number {
    const known = this.#ids.get(className)
    if (known !== undefined) return known
    // one id for all that are too many: they are still seen
    if (this.names.length >= mostClasses) return mostClasses - 1
    this.names.push(className)
    this.#ids.set(className, this.names.length - 1)
    return this.names.length - 1
  }

  /** The id for a class number of a detector that calls its classes so; COCO’s names where it says none. */
  idOfNumber(number: number, called: readonly string[] = cocoClasses): number {
    return this.idOf(called[number] ?? `class-${number}`)
  }
}

/** The list for names as they are written; holes have no name. */
export function listOf(names: ClassNames): readonly string[] {
  if (Array.isArray(names)) return names
  const list: string[] = []
  for (const [number, called] of Object.entries(names)) list[Number(number)] = called
  return list
}

/** What a classes.txt (a name a line) or a data.yaml (its `names`) says; undefined, with a problem, where it says nothing. */
export async function readClassNames(
  file: LeftFile,
  { limits, problems }: { readonly limits: LabelLimits; readonly problems: Problems },
): Promise<readonly string[] | undefined> {
  const found = await readLeftFile(file.path, limits.fileBytes)
  const names = 'problem' in found ? undefined : namesIn(file.name, found.text)
  if (names === undefined) {
    const why = 'problem' in found ? found.problem : 'names no classes'
    problems.add(
      'labels_invalid',
      `a file of class names ${why}; the numbers are taken for COCO’s`,
      quoted(file.name),
    )
  }
  return names
}

function namesIn(fileName: string, text: string): readonly string[] | undefined {
  if (fileName.endsWith('.txt')) {
    const lines = text.split('\n').map((line) => line.trim())
    const parsed = ClassNames.safeParse(lines.slice(0, lines.findLastIndex((line) => line !== '') + 1))
    return parsed.success && lines.some((line) => line !== '') ? listOf(parsed.data) : undefined
  }
  try {
    const { data } = z.looseObject({ names: ClassNames }).safeParse(parse(text, { maxAliasCount: 0 }))
    return data === undefined ? undefined : listOf(data.names)
  } catch {
    // whatever a YAML parser complains about, there are no names in it
    return undefined
  }
}

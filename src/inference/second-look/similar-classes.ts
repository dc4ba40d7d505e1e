import { cocoClasses } from '../model/coco-classes.ts'

/** Where COCO’s supercategories begin in the order of its classes: person, vehicle, outdoor, animal, accessory, sports, kitchen, food, furniture, electronic, appliance, indoor. */
const begins = [0, 1, 9, 14, 24, 29, 39, 46, 56, 62, 68, 73]

/**
 * The wanted classes and those that are taken for them: COCO’s of the same supercategory (car, truck, bus), and of names
 * that are not COCO’s all others that are not. Undefined, which is all, stays so.
 */
export function similarClassIds(
  wanted: readonly number[] | undefined,
  classes: readonly string[],
): readonly number[] | undefined {
  if (wanted === undefined) return undefined
  const kinds = new Set(wanted.map((id) => kindOf(classes[id] ?? '')))
  return classes.flatMap((name, id) => (kinds.has(kindOf(name)) ? [id] : []))
}

/** The number of the supercategory; -1 for a name that COCO does not have. */
function kindOf(name: string): number {
  const at = cocoClasses.indexOf(name)
  return begins.findLastIndex((begin) => begin <= at)
}

import { z } from 'zod'
import type { Detection } from '../detector/index.ts'
import { boxOverlap } from '../tracking/index.ts'

/** How far the boxes of one model are those of another, on the same frames. */
export const Agreement = z.object({
  frames: z.int(),
  floatBoxes: z.int(),
  int8Boxes: z.int(),
  /** Share of the float boxes that int8 finds, and of the int8 boxes that float finds; null without boxes. */
  recall: z.number().nullable(),
  precision: z.number().nullable(),
  /** Mean distance of the scores of boxes that both find. */
  scoreDifference: z.number().nullable(),
})
export type Agreement = z.infer<typeof Agreement>

const leastOverlap = 0.5

/** Counts boxes of the same class that overlap by half, each with one partner at most, the best first. */
export function compareDetections(
  frames: readonly { readonly float: readonly Detection[]; readonly int8: readonly Detection[] }[],
): Agreement {
  const differences = frames.flatMap(({ float, int8 }) => pairUp(float, int8))
  const count = (boxes: readonly (readonly Detection[])[]): number => boxes.flat().length
  const floatBoxes = count(frames.map(({ float }) => float))
  const int8Boxes = count(frames.map(({ int8 }) => int8))
  const share = (part: number, of: number): number | null => (of === 0 ? null : part / of)
  return {
    frames: frames.length,
    floatBoxes,
    int8Boxes,
    recall: share(differences.length, floatBoxes),
    precision: share(differences.length, int8Boxes),
    scoreDifference: share(
      differences.reduce((sum, one) => sum + one, 0),
      differences.length,
    ),
  }
}

/** The distance of scores of each pair. */
function pairUp(float: readonly Detection[], int8: readonly Detection[]): number[] {
  const pairs = float.flatMap((a) =>
    int8
      .filter((b) => b.classId === a.classId)
      .map((b) => ({ a, b, overlap: boxOverlap(a.box, b.box) }))
      .filter((pair) => pair.overlap >= leastOverlap),
  )
  pairs.sort((one, other) => other.overlap - one.overlap)
  const taken = new Set<Detection>()
  const differences: number[] = []
  for (const { a, b } of pairs) {
    if (taken.has(a) || taken.has(b)) continue
    taken.add(a).add(b)
    differences.push(Math.abs(a.score - b.score))
  }
  return differences
}

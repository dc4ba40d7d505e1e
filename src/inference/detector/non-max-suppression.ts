import type { PixelBox } from './read-boxes.ts'

/** At most this many boxes are compared (YOLOv5 v7.0 utils/general.py, max_nms). */
const maxCandidates = 30_000

/**
 * Of boxes of one class that overlap by more than `iouThreshold` only the best is kept; classes do not compete. Gives
 * at most `maxDetections`, by descending score; equal scores keep the order of their rows.
 */
export function suppressOverlaps(
  boxes: readonly PixelBox[],
  { iouThreshold, maxDetections }: { iouThreshold: number; maxDetections: number },
): PixelBox[] {
  const ordered = boxes.toSorted((a, b) => b.score - a.score).slice(0, maxCandidates)
  const kept: PixelBox[] = []
  const keptByClass = new Map<number, PixelBox[]>()
  for (const box of ordered) {
    if (kept.length === maxDetections) break
    const rivals = keptByClass.get(box.classId) ?? []
    if (rivals.some((rival) => intersectionOverUnion(rival, box) > iouThreshold)) continue
    rivals.push(box)
    keptByClass.set(box.classId, rivals)
    kept.push(box)
  }
  return kept
}

type Edges = Pick<PixelBox, 'left' | 'top' | 'right' | 'bottom'>

/** Shared area over joint area, 0..1; 0 for boxes without area. */
export function intersectionOverUnion(a: Edges, b: Edges): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  if (!(width > 0 && height > 0)) return 0
  const shared = width * height
  return shared / ((a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - shared)
}

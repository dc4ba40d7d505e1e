import type { Box } from '../src/domain/index.ts'

export interface Prediction {
  readonly classId: number
  readonly score: number
  readonly box: Box
}

/** One image: what is in it and what was found, boxes in 0..1. */
export interface LabelledImage {
  readonly size: { readonly width: number; readonly height: number }
  readonly labels: readonly { readonly classId: number; readonly box: Box }[]
  readonly predictions: readonly Prediction[]
}

const thresholds = Array.from({ length: 10 }, (_, index) => 0.5 + 0.05 * index)

interface Judged {
  readonly classId: number
  readonly score: number
  /** For each threshold whether it found a label. */
  readonly isRight: readonly boolean[]
}

/**
 * COCO’s mean average precision at IoU .5 and as the mean over .5 to .95, computed as val.py of YOLOv5 7.0 does
 * (utils/metrics.py, ap_per_class): precision made monotonic and interpolated at 101 points of recall.
 */
export function meanAveragePrecision(images: readonly LabelledImage[]): { map50: number; map: number } {
  const judged = images.flatMap(judge)
  const counts = new Map<number, number>()
  for (const { labels } of images) {
    for (const { classId } of labels) counts.set(classId, (counts.get(classId) ?? 0) + 1)
  }
  const perClass = [...counts].map(([classId, labels]) => {
    const ofClass = judged.filter((one) => one.classId === classId).sort((a, b) => b.score - a.score)
    return thresholds.map((_, index) =>
      averagePrecision(
        ofClass.map(({ isRight }) => isRight[index] === true),
        labels,
      ),
    )
  })
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  return { map50: mean(perClass.map(([first]) => first ?? 0)), map: mean(perClass.map(mean)) }
}

/** Each prediction stands for the label of its class that it overlaps most; the best score has it, the others are wrong. */
function judge({ size, labels, predictions }: LabelledImage): Judged[] {
  const ordered = predictions.toSorted((a, b) => b.score - a.score)
  const taken = thresholds.map(() => new Set<number>())
  return ordered.map(({ classId, score, box }) => {
    let best = { label: -1, overlap: 0 }
    for (const [label, { classId: wanted, box: place }] of labels.entries()) {
      const overlap = wanted === classId ? overlapOf(place, box, size) : 0
      if (overlap > best.overlap) best = { label, overlap }
    }
    const isRight = thresholds.map((threshold, index) => {
      if (best.overlap < threshold || taken[index]!.has(best.label)) return false
      taken[index]!.add(best.label)
      return true
    })
    return { classId, score, isRight }
  })
}

function overlapOf(a: Box, b: Box, size: { width: number; height: number }): number {
  const shared = (index: 0 | 1, length: number): number => {
    const from = Math.max(a[index] - a[index + 2]! / 2, b[index] - b[index + 2]! / 2)
    const to = Math.min(a[index] + a[index + 2]! / 2, b[index] + b[index + 2]! / 2)
    return Math.max(0, to - from) * length
  }
  const area = (box: Box): number => box[2] * box[3] * size.width * size.height
  const both = shared(0, size.width) * shared(1, size.height)
  return both / (area(a) + area(b) - both + 1e-7)
}

function averagePrecision(isRight: readonly boolean[], labels: number): number {
  const recall = [0]
  const precision = [1]
  let found = 0
  for (const [index, right] of isRight.entries()) {
    if (right) found++
    recall.push(found / labels)
    precision.push(found / (index + 1))
  }
  recall.push(1)
  precision.push(0)
  for (let at = precision.length - 2; at >= 0; at--)
    precision[at] = Math.max(precision[at]!, precision[at + 1]!)
  const points = Array.from({ length: 101 }, (_, index) => interpolate(index / 100, recall, precision))
  return points.slice(1).reduce((sum, point, index) => sum + (point + points[index]!) / 200, 0)
}

/** Linear between the points, of which the last at or before x counts where several share it (numpy.interp). */
function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  let at = 0
  while (at + 1 < xs.length && xs[at + 1]! <= x) at++
  if (at + 1 >= xs.length) return ys[at]!
  return ys[at]! + ((ys[at + 1]! - ys[at]!) * (x - xs[at]!)) / (xs[at + 1]! - xs[at]!)
}

import { readFileSync } from 'node:fs'
import { samplePath } from './sample.ts'
import type { Box } from '../../src/domain/index.ts'

export interface ScoredBox {
  readonly classId: number
  readonly score: number
  readonly box: Box
}

/** What YOLOv5’s detect.py found in each frame (number from 1) of a sample video; frames without a box are left out. */
export function referenceDetections(video: string): ReadonlyMap<number, readonly ScoredBox[]> {
  const text = readFileSync(samplePath(`reference-detections/${video}.jsonl`), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const { frame, boxes } = JSON.parse(line) as {
        frame: number
        boxes: [number, number, number, number, number, number][]
      }
      return [
        frame,
        boxes.map(([classId, x, y, w, h, score]): ScoredBox => ({ classId, score, box: [x, y, w, h] })),
      ]
    }),
  )
}

export interface Agreement {
  /** Confident reference boxes, and those of them that were found with IoU >= 0.5 and the same class. */
  readonly expected: number
  readonly found: number
  /** Our confident boxes, and those of them that the reference has. */
  readonly given: number
  readonly right: number
}

/** Confident boxes of one side are looked for among all boxes of the other, so a score at the edge does not decide. */
export function compareFrame(
  reference: readonly ScoredBox[],
  ours: readonly ScoredBox[],
  confident: number,
): Agreement {
  const sure = (boxes: readonly ScoredBox[]): ScoredBox[] => boxes.filter(({ score }) => score >= confident)
  return {
    expected: sure(reference).length,
    found: matched(sure(reference), ours),
    given: sure(ours).length,
    right: matched(sure(ours), reference),
  }
}

function matched(wanted: readonly ScoredBox[], among: readonly ScoredBox[]): number {
  const free = new Set(among)
  let count = 0
  for (const one of wanted.toSorted((a, b) => b.score - a.score)) {
    const best = [...free]
      .filter(({ classId }) => classId === one.classId)
      .map((other) => ({ other, overlap: overlapOf(one.box, other.box) }))
      .sort((a, b) => b.overlap - a.overlap)[0]
    if (best === undefined || best.overlap < 0.5) continue
    free.delete(best.other)
    count++
  }
  return count
}

function overlapOf(a: Box, b: Box): number {
  const side = (index: 0 | 1): number =>
    Math.min(a[index] + a[index + 2]! / 2, b[index] + b[index + 2]! / 2) -
    Math.max(a[index] - a[index + 2]! / 2, b[index] - b[index + 2]! / 2)
  const shared = Math.max(0, side(0)) * Math.max(0, side(1))
  return shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

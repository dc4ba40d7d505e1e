import type { Box } from '../domain/index.ts'

/** A point in 0..1 of the picture, from its upper left corner. */
export type Point = readonly [number, number]

/** A part of a picture, in 0..1 of it. */
export type Region =
  | { readonly kind: 'box'; readonly box: Box }
  | { readonly kind: 'polygon'; readonly points: readonly Point[] }

/** Samples `from` up to but without `to` of one row of a plane. */
export interface Span {
  readonly row: number
  readonly from: number
  readonly to: number
}

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The samples of a plane that a region touches, row by row; `step` is how many pixels a sample stands for in each
 * direction. Boxes go to the nearest pixel; polygons (even-odd) cover every sample that they touch in its row's middle.
 */
export function spansOf(region: Region, size: Size, step: 1 | 2): readonly Span[] {
  return region.kind === 'box' ? boxSpans(region.box, size, step) : polygonSpans(region.points, size, step)
}

function boxSpans([x, y, w, h]: Box, { width, height }: Size, step: 1 | 2): readonly Span[] {
  const edge = (at: number, side: number): number => Math.max(0, Math.min(side, Math.round(at * side)))
  const from = Math.floor(edge(x - w / 2, width) / step)
  const to = Math.ceil(edge(x + w / 2, width) / step)
  const top = Math.floor(edge(y - h / 2, height) / step)
  const bottom = Math.ceil(edge(y + h / 2, height) / step)
  if (!(to > from)) return []
  return Array.from({ length: Math.max(0, bottom - top) }, (_, index) => ({ row: top + index, from, to }))
}

function polygonSpans(points: readonly Point[], { width, height }: Size, step: 1 | 2): readonly Span[] {
  const [columns, rows] = [width / step, height / step]
  const spans: Span[] = []
  for (let row = 0; row < rows; row++) {
    const crossings = crossingsAt(points, (row + 0.5) / rows)
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const from = Math.max(0, Math.floor((crossings[index] ?? 0) * columns))
      const to = Math.min(columns, Math.ceil((crossings[index + 1] ?? 0) * columns))
      if (to > from) spans.push({ row, from, to })
    }
  }
  return spans
}

function crossingsAt(points: readonly Point[], y: number): readonly number[] {
  const found: number[] = []
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length] ?? [x1, y1]
    if (y1 > y !== y2 > y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1))
  })
  return found.sort((a, b) => a - b)
}

import { stripVTControlCharacters } from 'node:util'
import { cutLine } from './terminal.ts'

/** A column that may be cut is not made narrower than this. */
const narrowest = 8
const gap = 2

/**
 * The cells cut with an ellipsis so that the table has at most so many columns: always the widest of those that may be
 * cut gives way. When that is not enough, the rows are cut at the edge of the terminal by whoever prints them.
 */
export function fitTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, mayCut }: { readonly columns: number; readonly mayCut: readonly boolean[] },
): readonly (readonly string[])[] {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => lengthOf(row[at] ?? ''))),
  )
  const wanted = widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1)
  for (let excess = wanted - columns; excess > 0; excess--) {
    const widest = widestOf(
      widths,
      (at) => mayCut[at] === true && (widths[at] ?? 0) > floorOf(head[at] ?? ''),
    )
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return rows.map((row) => row.map((cell, at) => cutLine(cell, widths[at] ?? cell.length)))
}

function floorOf(title: string): number {
  return Math.max(narrowest, title.length)
}

function widestOf(widths: readonly number[], isAllowed: (at: number) => boolean): number | undefined {
  let widest: number | undefined
  for (const [at, width] of widths.entries()) {
    if (isAllowed(at) && (widest === undefined || width > (widths[widest] ?? 0))) widest = at
  }
  return widest
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

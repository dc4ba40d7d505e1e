import type { FrameShape } from '../../media/index.ts'

/** Pixels of each side of a cell: 160x96 cells of a 640x384 frame. */
const cellSize = 4
/** A cell has changed when its mean brightness (0..255) differs by more. Above the noise of compressed video. */
const changedBy = 12
/** Changed cells beside other changed cells from which on something has moved: an object of 8x8 pixels of the frame. */
const leastCells = 4
/** Changed neighbours, of 8, without which a changed cell is noise. */
const leastNeighbours = 2
/** A larger share of changed cells is no object in the scene but another scene: a cut, a light, a moving camera. */
const sceneShare = 0.6

/** The brightness of a frame in cells, a byte each, in rows. */
export interface Brightness {
  readonly columns: number
  readonly rows: number
  readonly cells: Uint8Array
}

/** What is different between two frames. */
export type Change = 'none' | 'motion' | 'scene'

/**
 * The mean brightness of cells of 4x4 pixels. Of yuv420p this is luma; of gbrp the green plane stands for it (it makes
 * most of luma, ITU-R BT.709). Both come first in the frame.
 */
export function brightnessOf(data: Uint8Array, { width, height }: FrameShape): Brightness {
  const [columns, rows] = [Math.floor(width / cellSize), Math.floor(height / cellSize)]
  const cells = new Uint8Array(columns * rows)
  const sums = new Uint16Array(columns)
  for (let row = 0; row < rows; row++) {
    sums.fill(0)
    for (let line = 0; line < cellSize; line++) {
      let at = (row * cellSize + line) * width
      for (let column = 0; column < columns; column++, at += cellSize)
        sums[column] =
          (sums[column] as number) +
          (data[at] as number) +
          (data[at + 1] as number) +
          (data[at + 2] as number) +
          (data[at + 3] as number)
    }
    for (let column = 0; column < columns; column++)
      cells[row * columns + column] = (sums[column] as number) / (cellSize * cellSize)
  }
  return { columns, rows, cells }
}

/** Compares two frames of one size. */
export function changeBetween(before: Brightness, after: Brightness): Change {
  const { columns, rows, cells } = after
  const changed = new Uint8Array(cells.length)
  let count = 0
  for (let at = 0; at < cells.length; at++) {
    if (Math.abs((cells[at] as number) - (before.cells[at] as number)) <= changedBy) continue
    changed[at] = 1
    count++
  }
  if (count < leastCells) return 'none'
  if (count > sceneShare * cells.length) return 'scene'
  let clustered = 0
  for (let at = 0; at < changed.length; at++) {
    if (changed[at] === 0 || neighbours(changed, at, columns, rows) < leastNeighbours) continue
    if (++clustered >= leastCells) return 'motion'
  }
  return 'none'
}

function neighbours(changed: Uint8Array, at: number, columns: number, rows: number): number {
  const [column, row] = [at % columns, Math.floor(at / columns)]
  let count = 0
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
      if (changed[y * columns + x] === 1) count++
  return count - 1
}

/**
 * The disjoint pairs (row, column) of the greatest total gain; rows and columns whose pairs gain nothing stay alone,
 * so a pair of gain 0 or less is never made. The Hungarian method with potentials and shortest augmenting paths,
 * O(rows² x columns) (Kuhn 1955; Jonker and Volgenant, Computing 38, 1987).
 */
export function assign(gains: readonly (readonly number[])[]): readonly (readonly [number, number])[] {
  const columns = gains[0]?.length ?? 0
  if (columns === 0) return []
  if (gains.length > columns) {
    const turned = Array.from({ length: columns }, (_, column) => gains.map((row) => row[column] as number))
    return assign(turned)
      .map(([column, row]) => [row, column] as const)
      .sort((a, b) => a[0] - b[0])
  }
  const state = emptyState(gains.length, columns)
  const cost = (row: number, column: number): number => -Math.max(0, gains[row - 1]?.[column - 1] ?? 0)
  for (let row = 1; row <= gains.length; row++) augment(state, cost, row)
  const pairs: [number, number][] = []
  for (let column = 1; column <= columns; column++) {
    const row = state.rowOf[column] as number
    if (row !== 0 && cost(row, column) < 0) pairs.push([row - 1, column - 1])
  }
  return pairs.sort((a, b) => a[0] - b[0])
}

/** Rows and columns count from 1; 0 stands for “none yet”. */
interface State {
  readonly columns: number
  readonly rowPotential: Float64Array
  readonly columnPotential: Float64Array
  readonly rowOf: Int32Array
}

function emptyState(rows: number, columns: number): State {
  return {
    columns,
    rowPotential: new Float64Array(rows + 1),
    columnPotential: new Float64Array(columns + 1),
    rowOf: new Int32Array(columns + 1),
  }
}

/** Gives `row` a column, moving others along the shortest path of reduced costs. */
function augment(
  { columns, rowPotential, columnPotential, rowOf }: State,
  cost: (row: number, column: number) => number,
  row: number,
): void {
  const shortest = new Float64Array(columns + 1).fill(Infinity)
  const cameFrom = new Int32Array(columns + 1)
  const isDone = new Uint8Array(columns + 1)
  rowOf[0] = row
  let column = 0
  do {
    isDone[column] = 1
    const at = rowOf[column] as number
    let step = Infinity
    let next = 0
    for (let other = 1; other <= columns; other++) {
      if (isDone[other] === 1) continue
      const reduced = cost(at, other) - (rowPotential[at] as number) - (columnPotential[other] as number)
      if (reduced < (shortest[other] as number)) {
        shortest[other] = reduced
        cameFrom[other] = column
      }
      if ((shortest[other] as number) < step) [step, next] = [shortest[other] as number, other]
    }
    for (let other = 0; other <= columns; other++) {
      if (isDone[other] === 1) {
        const owner = rowOf[other] as number
        rowPotential[owner] = (rowPotential[owner] as number) + step
        columnPotential[other] = (columnPotential[other] as number) - step
      } else shortest[other] = (shortest[other] as number) - step
    }
    column = next
  } while (rowOf[column] !== 0)
  while (column !== 0) {
    const before = cameFrom[column] as number
    rowOf[column] = rowOf[before] as number
    column = before
  }
}

import type { NodeId } from '../../domain/index.ts'

const longestName = 63

/** The name a node asked for, or with the last four of its id behind it when another live node has that name. */
export function uniqueName(asked: string, id: NodeId, isTaken: (name: string) => boolean): string {
  if (!isTaken(asked)) return asked
  const tail = `-${id.slice(-4)}`
  return `${asked.slice(0, longestName - tail.length)}${tail}`
}

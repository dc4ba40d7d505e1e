import type { Resources } from '../../domain/index.ts'

export interface Limits {
  readonly capacity: Resources
  readonly maxConcurrent: number
}

/** What is left of `capacity`; never below nothing. */
export function freeResources(capacity: Resources, used: readonly Resources[]): Resources {
  return {
    cpu: Math.max(0, round(capacity.cpu - sum(used.map(({ cpu }) => cpu)))),
    memoryBytes: Math.max(0, capacity.memoryBytes - sum(used.map(({ memoryBytes }) => memoryBytes))),
  }
}

/**
 * Which of the waiting begin now, oldest first: the first that does not fit holds back all behind it, so that large work
 * is not overtaken for ever. Work larger than the node (its capacity may have shrunk) begins when nothing else runs.
 */
export function nextToRun<Work extends { readonly resources: Resources }>(
  waiting: readonly Work[],
  running: readonly Resources[],
  { capacity, maxConcurrent }: Limits,
): readonly Work[] {
  const begun: Work[] = []
  const used = [...running]
  for (const work of waiting) {
    const free = freeResources(capacity, used)
    const fits = work.resources.cpu <= free.cpu && work.resources.memoryBytes <= free.memoryBytes
    if (used.length >= maxConcurrent || (used.length > 0 && !fits)) break
    used.push(work.resources)
    begun.push(work)
  }
  return begun
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
/** 0.1 + 0.2 cores are 0.3. */
const round = (cores: number): number => Math.round(cores * 1e6) / 1e6

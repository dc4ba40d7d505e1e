interface Silence {
  /** When each silent node fell silent. */
  readonly sinceMs: readonly number[]
  /** How many nodes there are, silent or not. */
  readonly nodes: number
  readonly windowMs: number
}

/** Below this share of the fleet, and this number, silence is the nodes’ own affair (after Kubernetes’ zone eviction). */
const share = 0.55
const fewest = 3

/** Since when most nodes have been silent that fell silent within one window; undefined when it is not most. */
export function massSilenceSince({ sinceMs, nodes, windowMs }: Silence): number | undefined {
  const least = Math.max(fewest, Math.ceil(nodes * share))
  const sorted = [...sinceMs].sort((a, b) => a - b)
  for (let last = sorted.length - 1; last >= least - 1; last--) {
    const first = sorted[last - least + 1]
    const end = sorted[last]
    if (first !== undefined && end !== undefined && end - first <= windowMs) return end
  }
  return undefined
}

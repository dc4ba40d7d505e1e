/** The value below which a share of the values lies, the nearest rank, e.g. 0.5 for the median of an odd number. */
export function quantile(values: readonly number[], share: number): number | null {
  const ordered = values.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil(share * ordered.length))
  return ordered[rank - 1] ?? null
}

/** The middle value, or the mean of the two in the middle; null for no values. */
export function median(values: readonly number[]): number | null {
  const ordered = values.toSorted((a, b) => a - b)
  const [low, high] = [ordered[Math.ceil(ordered.length / 2) - 1], ordered[Math.floor(ordered.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

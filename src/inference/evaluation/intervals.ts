import type { Interval } from '../../domain/index.ts'

/** How long an interval is; one that ends before it begins is empty. */
export function lengthOf({ startSeconds, endSeconds }: Interval): number {
  return Math.max(0, endSeconds - startSeconds)
}

/** Seconds that two intervals share. */
export function sharedSeconds(a: Interval, b: Interval): number {
  return Math.max(0, Math.min(a.endSeconds, b.endSeconds) - Math.max(a.startSeconds, b.startSeconds))
}

/** The same set of instants as disjoint intervals in the order of time, those that touch joined, empty ones left out. */
export function unite(intervals: readonly Interval[]): readonly Interval[] {
  const united: Interval[] = []
  const ordered = intervals
    .filter((interval) => lengthOf(interval) > 0)
    .toSorted((a, b) => a.startSeconds - b.startSeconds)
  for (const next of ordered) {
    const last = united.at(-1)
    if (last === undefined || next.startSeconds > last.endSeconds) united.push({ ...next })
    else
      united[united.length - 1] = {
        startSeconds: last.startSeconds,
        endSeconds: Math.max(last.endSeconds, next.endSeconds),
      }
  }
  return united
}

/** Seconds that are in both sets, each instant counted once. */
export function sharedBySets(a: readonly Interval[], b: readonly Interval[]): number {
  const others = unite(b)
  return unite(a).reduce(
    (sum, one) => sum + others.reduce((inner, other) => inner + sharedSeconds(one, other), 0),
    0,
  )
}

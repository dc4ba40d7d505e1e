import type { Interval, Reason } from '../../domain/index.ts'

/** Neighbours with one story are one interval. */
export function joined<T extends Interval & { readonly reason?: Reason }>(
  intervals: readonly T[],
): readonly T[] {
  const result: T[] = []
  for (const interval of intervals) {
    const before = result.at(-1)
    const isOneStory =
      before?.reason?.code === interval.reason?.code && before?.reason?.message === interval.reason?.message
    if (before !== undefined && isOneStory && before.endSeconds === interval.startSeconds)
      result[result.length - 1] = { ...before, endSeconds: interval.endSeconds }
    else result.push(interval)
  }
  return result
}

/** What of intervals lies before a time. */
export function partsBefore<T extends Interval>(intervals: readonly T[], seconds: number): readonly T[] {
  return intervals
    .filter(({ startSeconds }) => startSeconds < seconds)
    .map((each) => ({ ...each, endSeconds: Math.min(each.endSeconds, seconds) }))
}

/** What of intervals lies after a time. */
export function partsAfter<T extends Interval>(intervals: readonly T[], seconds: number): readonly T[] {
  return intervals
    .filter(({ endSeconds }) => endSeconds > seconds)
    .map((each) => ({ ...each, startSeconds: Math.max(each.startSeconds, seconds) }))
}

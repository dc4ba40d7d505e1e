import type { Interval, Reason, TimeRange } from '../../domain/index.ts'
import type { PacketScan, VideoInfo } from '../../media/index.ts'
import { roundExactly } from '../events/index.ts'
import { measure } from './cover-pieces.ts'
import type { Coverage } from './coverage.ts'

/** What a range takes of footage; of length 0 where they do not meet. */
export function withinRange(all: Interval, range: TimeRange | undefined): Interval {
  const { fromSeconds = -Infinity, toSeconds = Infinity } = range ?? {}
  const startSeconds = Math.min(all.endSeconds, Math.max(all.startSeconds, fromSeconds))
  return { startSeconds, endSeconds: Math.max(startSeconds, Math.min(all.endSeconds, toSeconds)) }
}

/** What a range leaves out of footage: with what is within it, exactly the footage. */
export function outsideRange(all: Interval, within: Interval): readonly Interval[] {
  const [first, from, to, last] = [
    all.startSeconds,
    within.startSeconds,
    within.endSeconds,
    all.endSeconds,
  ].map(roundExactly) as [number, number, number, number]
  const parts =
    from === to
      ? [[first, last]]
      : [
          [first, from],
          [to, last],
        ]
  return (parts as [number, number][])
    .filter(([startSeconds, endSeconds]) => startSeconds < endSeconds)
    .map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds }))
}

interface MissedFile {
  readonly footage: Interval
  readonly coverage: Coverage
  readonly outside: readonly Interval[]
}

/** The account of a file that has no frame in the range; undefined when it has some, and is to be decoded. */
export function missedByRange(
  video: VideoInfo,
  scan: PacketScan,
  range: TimeRange | undefined,
): MissedFile | undefined {
  if (range === undefined || scan.frames === 0) return undefined
  const frames = withinRange({ startSeconds: scan.firstSeconds, endSeconds: scan.endSeconds }, range)
  if (frames.startSeconds < frames.endSeconds) return undefined
  const { footage, missing } = measure(video, scan, { pieces: [] })
  const within = withinRange(footage, range)
  const coverage = { processed: [], gaps: gapOf(within, missing) }
  return { footage, coverage, outside: outsideRange(footage, within) }
}

/** Beyond the last frame of a file that is cut off there is nothing but what is missing. */
function gapOf(within: Interval, reason: Reason | undefined): Coverage['gaps'] {
  const [startSeconds, endSeconds] = [roundExactly(within.startSeconds), roundExactly(within.endSeconds)]
  return reason === undefined || startSeconds === endSeconds ? [] : [{ startSeconds, endSeconds, reason }]
}

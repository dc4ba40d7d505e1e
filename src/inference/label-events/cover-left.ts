import type { Gap, Interval, Reason } from '../../domain/index.ts'
import type { PacketScan } from '../../media/index.ts'
import { roundExactly } from '../events/index.ts'
import type { TimedFrames } from './frame-times.ts'

export interface LeftAbout {
  readonly scan: Pick<PacketScan, 'endSeconds'>
  /** Why the end of the file is missing. */
  readonly truncated: Reason | undefined
  /** Undefined where nothing was left of the video. */
  readonly timed: TimedFrames | undefined
  readonly brokenOff: Reason | undefined
  readonly missing: Reason | undefined
}

/**
 * The footage as what was analysed and what was not. Detectors mention frames with objects only, so all is taken for
 * analysed, except after the last one that a detector mentions which did not come to its end.
 */
export function coverLeft(
  footage: Interval,
  { scan, truncated, timed, brokenOff, missing }: LeftAbout,
): { readonly processed: readonly Interval[]; readonly gaps: readonly Gap[] } {
  const [startSeconds, endSeconds] = [roundExactly(footage.startSeconds), roundExactly(footage.endSeconds)]
  const fileEnd = truncated === undefined ? endSeconds : Math.min(endSeconds, roundExactly(scan.endSeconds))
  const reason = timed === undefined ? (missing ?? brokenOff) : brokenOff
  const last = timed?.frames.at(-1)?.seconds
  const known = last === undefined ? startSeconds : last + (timed?.stepSeconds ?? 0)
  const knownTo =
    reason === undefined ? fileEnd : Math.max(startSeconds, Math.min(fileEnd, roundExactly(known)))
  const gaps = [
    ...(reason === undefined ? [] : [{ startSeconds: knownTo, endSeconds: fileEnd, reason }]),
    ...(truncated === undefined ? [] : [{ startSeconds: fileEnd, endSeconds, reason: truncated }]),
  ].filter((gap) => gap.endSeconds > gap.startSeconds)
  return { processed: knownTo > startSeconds ? [{ startSeconds, endSeconds: knownTo }] : [], gaps }
}

import type { Gap, Interval, Reason } from '../../domain/index.ts'
import { roundExactly } from '../events/index.ts'

export interface CoverageInput {
  readonly footage: Interval
  /** PTS of the analysed frames, ascending. */
  readonly sampledSeconds: readonly number[]
  /** The distance between samples that was asked for. */
  readonly stepSeconds: number
  /** How long one frame is shown. */
  readonly frameSeconds: number
  /** The end of the last frame that was decoded, whether analysed or not; undefined when there was none. */
  readonly decodedToSeconds: number | undefined
  /** Why frames may be missing; undefined when the decoder gave every frame there is. */
  readonly loss: Reason | undefined
}

export interface Coverage {
  readonly processed: readonly Interval[]
  readonly gaps: readonly Gap[]
}

/**
 * Splits the footage into what was analysed and what was not: disjoint intervals in the order of time that share their
 * ends, so their lengths add up to the footage’s. A sample stands for the time to the next. Without a loss all is
 * analysed, however far apart the frames lie: where the file has no frame, none was missed.
 */
export function splitCoverage(input: CoverageInput): Coverage {
  const { footage, loss } = input
  const startSeconds = roundExactly(footage.startSeconds)
  const endSeconds = Math.max(startSeconds, roundExactly(footage.endSeconds))
  if (startSeconds === endSeconds) {
    return { processed: [], gaps: loss === undefined ? [] : [{ startSeconds, endSeconds, reason: loss }] }
  }
  if (loss === undefined) return { processed: [{ startSeconds, endSeconds }], gaps: [] }
  const holes = [...findHoles({ ...input, footage: { startSeconds, endSeconds } })]
  const processed: Interval[] = []
  let at = startSeconds
  for (const hole of holes) {
    if (hole.startSeconds > at) processed.push({ startSeconds: at, endSeconds: hole.startSeconds })
    at = hole.endSeconds
  }
  if (at < endSeconds) processed.push({ startSeconds: at, endSeconds })
  return { processed, gaps: holes.map((hole) => ({ ...hole, reason: loss })) }
}

/**
 * Where frames are missing. A hole of up to a step cannot be told from the grid of samples (nor, at the beginning, from
 * frames that are stored before they are shown); at the end counts how far the decoder came.
 */
function* findHoles(input: Omit<CoverageInput, 'loss'>): Generator<Interval> {
  const { footage, sampledSeconds, stepSeconds, frameSeconds, decodedToSeconds } = input
  const { startSeconds, endSeconds } = footage
  const within = (seconds: number): number =>
    Math.min(endSeconds, Math.max(startSeconds, roundExactly(seconds)))
  let analysedTo = startSeconds
  for (const seconds of sampledSeconds) {
    if (seconds - analysedTo > stepSeconds && within(seconds) > analysedTo) {
      yield { startSeconds: analysedTo, endSeconds: within(seconds) }
    }
    analysedTo = Math.max(analysedTo, within(seconds + stepSeconds))
  }
  const last = sampledSeconds.at(-1)
  if (last === undefined) {
    yield { startSeconds, endSeconds }
  } else {
    const decodedTo = Math.max(within(last), within(decodedToSeconds ?? last))
    if (endSeconds - decodedTo > frameSeconds) yield { startSeconds: decodedTo, endSeconds }
  }
}

/** The summed length of intervals. */
export function totalSeconds(intervals: readonly Interval[]): number {
  return roundExactly(
    intervals.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0),
  )
}

import type { LeftFrame } from './left-detections.ts'
import type { Problems } from './problems.ts'
import type { Detection } from '../detector/index.ts'

/** So few frames may lie at multiples by chance. */
const leastForStride = 8

/** Frames of a video with their times, in that order; `stepSeconds` from one that was looked at to the next. */
export interface TimedFrames {
  readonly frames: readonly { readonly seconds: number; readonly detections: readonly Detection[] }[]
  readonly everyNthFrame: number
  /** The numbers were not those of the file’s frames but of the frames that were looked at. */
  readonly isCounted: boolean
  readonly stepSeconds: number
}

/**
 * When frames are shown: the n-th has the n-th of `times` (PTS of all frames, ascending). Frames beyond the end are a
 * problem and left out. That only every nth frame was looked at shows in the numbers: they differ by multiples of it.
 * With a `vidStride` the numbers are those of detect.py --vid-stride, which counts the frames that it looked at: its n-th is
 * the file’s n x stride-th. Numbers that go on beyond what there can be then are the file’s all the same.
 */
export function timeFrames(
  left: readonly LeftFrame[],
  times: readonly number[],
  problems: Problems,
  vidStride = 1,
): TimedFrames {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const mean = times.length > 1 ? (last - first) / (times.length - 1) : 1
  const frames: { seconds: number; detections: readonly Detection[] }[] = []
  const numbers: number[] = []
  const highest = left.reduce((most, { at }) => Math.max(most, 'frame' in at ? at.frame : 0), 0)
  const isCounted = vidStride > 1 && highest > 0 && highest <= Math.ceil(times.length / vidStride)
  const indexOf = (frame: number): number =>
    isCounted ? Math.min(times.length, frame * vidStride) - 1 : frame - 1
  for (const { at, detections } of left) {
    const seconds = 'frame' in at ? times[indexOf(at.frame)] : at.seconds
    if (seconds === undefined || seconds < first - mean || seconds > last + mean) {
      const where = 'frame' in at ? `frame ${at.frame}` : `${at.seconds} s`
      const what = `frames that the video does not have are left out (it has ${times.length}, the last at ${last.toFixed(3)} s)`
      problems.add('labels_invalid', what, where)
      continue
    }
    if ('frame' in at) numbers.push(indexOf(at.frame))
    frames.push({ seconds, detections })
  }
  frames.sort((a, b) => a.seconds - b.seconds)
  const seen = numbers.length === frames.length ? strideOf(numbers) : strideOfTimes(frames, mean)
  const everyNthFrame = isCounted ? vidStride : seen
  return { frames, everyNthFrame, isCounted, stepSeconds: everyNthFrame * mean }
}

function strideOf(numbers: readonly number[]): number {
  if (numbers.length < leastForStride) return 1
  const sorted = numbers.toSorted((a, b) => a - b)
  const stride = sorted
    .slice(1)
    .reduce((all, number, index) => divisor(all, number - (sorted[index] ?? 0)), 0)
  return Math.max(1, stride)
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

function strideOfTimes(frames: TimedFrames['frames'], mean: number): number {
  if (frames.length < leastForStride || !(mean > 0)) return 1
  const steps = frames
    .slice(1)
    .map(({ seconds }, index) => seconds - (frames[index]?.seconds ?? 0))
    .filter((step) => step > 0)
  if (steps.length === 0) return 1
  return Math.max(1, Math.round(steps.reduce((least, step) => Math.min(least, step), Infinity) / mean))
}

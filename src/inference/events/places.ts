import type { Box, Crossing, Line, SignificancePolicy, Zone, ZoneStay } from '../../domain/index.ts'
import { doSegmentsMeet, isInPolygon, turn } from '../../utils/geometry.ts'
import type { Point } from '../../utils/geometry.ts'
import type { Detection } from '../detector/index.ts'
import type { TrackPoint } from '../tracking/index.ts'

/** Width and height of the picture, in any unit. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** Which point of a box decides where an object is: where it stands, or its middle. */
export function anchorOf([x, y, , height]: Box, anchor: SignificancePolicy['anchor']): Point {
  return [x, anchor === 'foot' ? Math.min(1, y + height / 2) : y]
}

/** The detections that no mask takes away. */
export function unmasked(
  detections: readonly Detection[],
  { masks, anchor }: Pick<SignificancePolicy, 'masks' | 'anchor'>,
  classes: readonly string[],
): readonly Detection[] {
  if (masks.length === 0) return detections
  return detections.filter(
    ({ classId, box }) =>
      !masks.some(
        (mask) => isFor(mask, classes[classId] ?? '') && isInPolygon(anchorOf(box, anchor), mask.polygon),
      ),
  )
}

/** Whether a zone, line or mask concerns a class: those it names, or all. */
export function isFor({ classes }: { readonly classes: readonly string[] }, className: string): boolean {
  return classes.length === 0 || classes.includes(className)
}

/**
 * The time a path spends in a zone; undefined when it never does. Being away, or out of sight, for up to
 * `toleranceSeconds` does not end a stay. A single sight is a stay of no length.
 */
export function stayIn(
  zone: Zone,
  path: readonly TrackPoint[],
  { anchor, toleranceSeconds }: { anchor: SignificancePolicy['anchor']; toleranceSeconds: number },
): ZoneStay | undefined {
  const inside = path
    .filter(({ box }) => isInPolygon(anchorOf(box, anchor), zone.polygon))
    .map(({ seconds }) => seconds)
  const [enteredSeconds] = inside
  if (enteredSeconds === undefined) return undefined
  let [totalSeconds, longestSeconds, begin, end] = [0, 0, enteredSeconds, enteredSeconds]
  const close = (): void => {
    totalSeconds += end - begin
    longestSeconds = Math.max(longestSeconds, end - begin)
  }
  for (const seconds of inside) {
    if (seconds - end > toleranceSeconds) {
      close()
      begin = seconds
    }
    end = seconds
  }
  close()
  return { zone: zone.name, enteredSeconds, totalSeconds, longestSeconds }
}

/** A path must come this far from a line, as a share of the picture’s diagonal, to be on a side of it. */
const clearOfLine = 0.01

/**
 * When a path crosses a line, each with its direction and the time (between two sights, by proportion). An object that
 * dithers on the line has crossed once it is clear of it on the other side; one that goes around its end has not.
 * `right` is the right hand of one who stands at `from` and looks to `to`. The same path backwards crosses as often,
 * the other way.
 */
export function crossingsOf(
  line: Line,
  path: readonly TrackPoint[],
  { anchor, picture }: { anchor: SignificancePolicy['anchor']; picture: PictureSize },
): readonly Crossing[] {
  const scaled = ([x, y]: Point): Point => [x * picture.width, y * picture.height]
  const [from, to] = [scaled(line.from), scaled(line.to)]
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  const clear = clearOfLine * Math.hypot(picture.width, picture.height)
  const crossings: Crossing[] = []
  let side = 0
  let passed: { net: number; seconds: number } = { net: 0, seconds: 0 }
  let before: { at: Point; seconds: number } | undefined
  for (const { seconds, box } of path) {
    const at = scaled(anchorOf(box, anchor))
    if (before !== undefined) passed = passedWith(passed, before, { at, seconds }, [from, to])
    before = { at, seconds }
    const distance = turn(from, to, at) / length
    if (Math.abs(distance) < clear) continue
    const now = Math.sign(distance)
    if (side !== 0 && now !== side && Math.sign(passed.net) === now) {
      const direction = now > 0 ? 'left-to-right' : 'right-to-left'
      crossings.push({ line: line.name, direction, seconds: passed.seconds })
    }
    side = now
    passed = { net: 0, seconds }
  }
  return crossings.filter(({ direction }) => line.direction === 'any' || line.direction === direction)
}

interface Moment {
  readonly at: Point
  readonly seconds: number
}

/** Counts one step of a path: +1 from left to right through the line, -1 back, 0 otherwise. */
function passedWith(
  passed: { net: number; seconds: number },
  before: Moment,
  { at, seconds }: Moment,
  [from, to]: readonly [Point, Point],
): { net: number; seconds: number } {
  const [start, end] = [turn(from, to, before.at), turn(from, to, at)]
  const [wasRight, isRight] = [start > 0, end > 0]
  if (wasRight === isRight || !doSegmentsMeet(from, to, before.at, at)) return passed
  const share = start / (start - end)
  return {
    net: passed.net + (isRight ? 1 : -1),
    seconds: before.seconds + share * (seconds - before.seconds),
  }
}

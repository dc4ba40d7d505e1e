/** A place in a picture: x to the right, y down. */
export type Point = readonly [x: number, y: number]

/** Twice the signed area of the triangle: positive when `point` is to the right of one who looks from `from` to `to`. */
export function turn(from: Point, to: Point, point: Point): number {
  return (to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0])
}

/** Whether two segments have a point in common; touching counts. */
export function doSegmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [c1, d1] = [Math.sign(turn(a, b, c)), Math.sign(turn(a, b, d))]
  const [a1, b1] = [Math.sign(turn(c, d, a)), Math.sign(turn(c, d, b))]
  if (c1 !== d1 && a1 !== b1) return true
  return (
    (c1 === 0 && isBetween(a, b, c)) ||
    (d1 === 0 && isBetween(a, b, d)) ||
    (a1 === 0 && isBetween(c, d, a)) ||
    (b1 === 0 && isBetween(c, d, b))
  )
}

/** Whether a point lies in a polygon without self-intersection; by the even-odd rule, its edge belongs to it. */
export function isInPolygon(point: Point, polygon: readonly Point[]): boolean {
  const [x, y] = point
  let isInside = false
  for (const [a, b] of edgesOf(polygon)) {
    if (turn(a, b, point) === 0 && isBetween(a, b, point)) return true
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) isInside = !isInside
  }
  return isInside
}

/** Whether no two edges of a polygon meet but neighbours in their common corner, and it has an area. */
export function isSimplePolygon(polygon: readonly Point[]): boolean {
  const edges = edgesOf(polygon)
  const count = edges.length
  return edges.every(([a, b], index) => {
    const [, next] = edges[(index + 1) % count] as Edge
    const foldsBack = turn(a, b, next) === 0 && (isBetween(a, b, next) || isBetween(b, next, a))
    const others = edges.slice(index + 2, index === 0 ? count - 1 : count)
    return !foldsBack && others.every(([c, d]) => !doSegmentsMeet(a, b, c, d))
  })
}

type Edge = readonly [Point, Point]

function edgesOf(polygon: readonly Point[]): readonly Edge[] {
  return polygon.map((corner, index) => [corner, polygon[(index + 1) % polygon.length] as Point])
}

/** For a point on the straight line through both ends: whether it lies between them. */
function isBetween(a: Point, b: Point, point: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= point[0] &&
    point[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= point[1] &&
    point[1] <= Math.max(a[1], b[1])
  )
}

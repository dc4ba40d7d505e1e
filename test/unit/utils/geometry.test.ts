import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doSegmentsMeet, isInPolygon, isSimplePolygon, turn } from '../../../src/utils/geometry.ts'
import type { Point } from '../../../src/utils/geometry.ts'

/** Whole numbers, so that every sum is exact. */
const point = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 }))
const corners = fc.array(point, { minLength: 3, maxLength: 8 })

/** How often a polygon goes around a point: the sum of the angles under which its edges are seen. */
function winding([x, y]: Point, polygon: readonly Point[]): number {
  let sum = 0
  for (const [index, a] of polygon.entries()) {
    const b = polygon[(index + 1) % polygon.length]!
    const angle = Math.atan2(b[1] - y, b[0] - x) - Math.atan2(a[1] - y, a[0] - x)
    sum += angle > Math.PI ? angle - 2 * Math.PI : angle < -Math.PI ? angle + 2 * Math.PI : angle
  }
  return Math.round(sum / (2 * Math.PI))
}

const isOnEdge = (at: Point, polygon: readonly Point[]): boolean =>
  polygon.some((corner, index) => doSegmentsMeet(corner, polygon[(index + 1) % polygon.length]!, at, at))

describe('a point in a polygon', () => {
  it('is inside exactly when the polygon winds around it', () => {
    fc.assert(
      fc.property(point, corners.filter(isSimplePolygon), (at, polygon) => {
        expect(isInPolygon(at, polygon)).toBe(isOnEdge(at, polygon) || winding(at, polygon) !== 0)
      }),
      { numRuns: 500 },
    )
  })

  it('does not depend on where the list of corners begins, nor on its sense', () => {
    fc.assert(
      fc.property(point, corners.filter(isSimplePolygon), fc.nat(7), (at, polygon, shift) => {
        const turned = polygon.map((_, index) => polygon[(index + shift) % polygon.length]!)
        expect(isInPolygon(at, turned)).toBe(isInPolygon(at, polygon))
        expect(isInPolygon(at, polygon.toReversed())).toBe(isInPolygon(at, polygon))
      }),
    )
  })
})

describe('a polygon', () => {
  it.each<[string, Point[], boolean]>([
    [
      'is simple when it is a triangle',
      [
        [0, 0],
        [4, 0],
        [0, 4],
      ],
      true,
    ],
    [
      'is simple when it is hollow',
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [2, 1],
        [0, 4],
      ],
      true,
    ],
    [
      'is not simple when edges cross',
      [
        [0, 0],
        [4, 4],
        [4, 0],
        [0, 4],
      ],
      false,
    ],
    [
      'is not simple when it has no area',
      [
        [0, 0],
        [2, 2],
        [4, 4],
      ],
      false,
    ],
    [
      'is not simple when it touches itself',
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [2, 0],
        [0, 4],
      ],
      false,
    ],
    [
      'is not simple when a corner is listed twice',
      [
        [0, 0],
        [4, 0],
        [4, 0],
        [0, 4],
      ],
      false,
    ],
    [
      'is not simple when the first corner is repeated at the end',
      [
        [0, 0],
        [4, 0],
        [0, 4],
        [0, 0],
      ],
      false,
    ],
  ])('%s', (_, polygon, isSimple) => {
    expect(isSimplePolygon(polygon)).toBe(isSimple)
  })
})

describe('two segments', () => {
  it('meet whichever way round they are told', () => {
    fc.assert(
      fc.property(point, point, point, point, (a, b, c, d) => {
        const meet = doSegmentsMeet(a, b, c, d)
        expect([doSegmentsMeet(b, a, c, d), doSegmentsMeet(c, d, a, b), doSegmentsMeet(d, c, b, a)]).toEqual([
          meet,
          meet,
          meet,
        ])
      }),
    )
  })

  it('have the right hand where y grows, for one who looks along x', () => {
    expect(turn([0, 0], [1, 0], [0.5, 1])).toBeGreaterThan(0)
  })
})

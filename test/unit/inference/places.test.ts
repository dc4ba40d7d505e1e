import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Line, Mask, Zone } from '../../../src/domain/index.ts'
import type { Box } from '../../../src/domain/index.ts'
import { anchorOf, crossingsOf, stayIn, unmasked } from '../../../src/inference/events/places.ts'
import type { TrackPoint } from '../../../src/inference/tracking/index.ts'

const picture = { width: 16, height: 9 }
const at = (x: number, y: number): Box => [x, y, 0.05, 0.1]
const walk = (...places: (readonly [number, number])[]): TrackPoint[] =>
  places.map(([x, y], index) => ({ seconds: index, score: 0.6, box: at(x, y) }))
const across = Line.parse({ name: 'gate', from: [0.5, 0.9], to: [0.5, 0.1] })
const crossings = (line: Line, path: readonly TrackPoint[]) =>
  crossingsOf(line, path, { anchor: 'centre', picture })
const directions = (line: Line, path: readonly TrackPoint[]): string[] =>
  crossings(line, path).map(({ direction }) => direction)

describe('a line', () => {
  it('is crossed from left to right, seen from its beginning, at the time in proportion', () => {
    const [only, ...others] = crossings(across, walk([0.1, 0.5], [0.4, 0.5], [0.8, 0.5]))
    expect(others).toEqual([])
    expect(only).toMatchObject({ line: 'gate', direction: 'left-to-right' })
    expect(only!.seconds).toBeCloseTo(1.25)
  })

  it('is crossed the other way when it is drawn the other way', () => {
    const turned = { ...across, from: across.to, to: across.from }
    expect(directions(turned, walk([0.1, 0.5], [0.8, 0.5]))).toEqual(['right-to-left'])
  })

  it('is crossed by who comes and goes, once each way', () => {
    expect(directions(across, walk([0.1, 0.5], [0.8, 0.5], [0.2, 0.5]))).toEqual([
      'left-to-right',
      'right-to-left',
    ])
  })

  it('counts only the direction it asks for', () => {
    const path = walk([0.1, 0.5], [0.8, 0.5], [0.2, 0.5])
    expect(directions({ ...across, direction: 'right-to-left' }, path)).toEqual(['right-to-left'])
  })

  it('is not crossed by who goes around its end', () => {
    expect(directions(across, walk([0.1, 0.95], [0.8, 0.97]))).toEqual([])
  })

  it('is crossed once by who dithers on it', () => {
    const path = walk([0.1, 0.5], [0.501, 0.5], [0.499, 0.5], [0.502, 0.5], [0.498, 0.5], [0.8, 0.5])
    expect(directions(across, path)).toEqual(['left-to-right'])
  })

  it('is not crossed by who dithers on it and turns back', () => {
    expect(
      directions(across, walk([0.1, 0.5], [0.501, 0.5], [0.499, 0.5], [0.502, 0.5], [0.2, 0.5])),
    ).toEqual([])
  })

  const grid = fc.integer({ min: 0, max: 40 }).map((value) => value / 40)
  const paths = fc
    .array(fc.tuple(grid, grid), { minLength: 2, maxLength: 12 })
    .map((places) => walk(...places))
  /** Between the places of the grid, so that no place lies on a line’s end. */
  const offGrid = fc.integer({ min: 0, max: 39 }).map((value) => (value + 0.37) / 40)
  const lines = fc
    .tuple(offGrid, offGrid, offGrid, offGrid)
    .filter(([a, b, c, d]) => a !== c || b !== d)
    .map(([a, b, c, d]) => Line.parse({ name: 'any', from: [a, b], to: [c, d] }))
  const opposite = { 'left-to-right': 'right-to-left', 'right-to-left': 'left-to-right' } as const

  it('is crossed as often backwards in time, the other way', () => {
    fc.assert(
      fc.property(paths, lines, (path, line) => {
        const last = path.length - 1
        const backwards = path.toReversed().map((one, index) => ({ ...one, seconds: index }))
        const forth = crossings(line, path)
        const back = crossings(line, backwards).toReversed()
        expect(back.map(({ direction }) => opposite[direction])).toEqual(
          forth.map(({ direction }) => direction),
        )
        for (const { seconds } of forth) expect(seconds).toBeLessThanOrEqual(last)
      }),
    )
  })

  it('is crossed in turns: never twice the same way without the other between, when it cuts the whole picture', () => {
    const whole = Line.parse({ name: 'whole', from: [0.503, 1], to: [0.503, 0] })
    fc.assert(
      fc.property(paths, (path) => {
        const told = directions(whole, path)
        for (const [index, direction] of told.entries())
          if (index > 0) expect(direction).not.toBe(told[index - 1])
      }),
    )
  })
})

describe('a zone', () => {
  const zone = Zone.parse({
    name: 'door',
    polygon: [
      [0.4, 0.4],
      [0.6, 0.4],
      [0.6, 0.6],
      [0.4, 0.6],
    ],
  })
  const stay = (path: readonly TrackPoint[]) => stayIn(zone, path, { anchor: 'centre', toleranceSeconds: 2 })

  it('knows when an object came and how long it stayed, in all and at the longest', () => {
    const [out, inside] = [[0.1, 0.1] as const, [0.5, 0.5] as const]
    expect(stay(walk(out, inside, inside, inside, out, out, out, inside, inside))).toEqual({
      zone: 'door',
      enteredSeconds: 1,
      totalSeconds: 3,
      longestSeconds: 2,
    })
  })

  it('is not left by being outside for a moment', () => {
    const [out, inside] = [[0.1, 0.1] as const, [0.5, 0.5] as const]
    expect(stay(walk(inside, inside, out, inside))?.longestSeconds).toBe(3)
  })

  it('knows nothing of an object that was never in it', () => {
    expect(stay(walk([0.1, 0.1], [0.2, 0.2]))).toBeUndefined()
  })

  it('looks at where an object stands, or at its middle', () => {
    expect(anchorOf([0.5, 0.35, 0.1, 0.2], 'foot')).toEqual([0.5, 0.35 + 0.1])
    expect(anchorOf([0.5, 0.35, 0.1, 0.2], 'centre')).toEqual([0.5, 0.35])
    expect(anchorOf([0.5, 0.95, 0.1, 0.2], 'foot')).toEqual([0.5, 1])
  })
})

describe('a mask', () => {
  const polygon = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
    [0, 1],
  ]
  const detections = [
    { classId: 0, score: 0.5, box: at(0.2, 0.5) },
    { classId: 1, score: 0.5, box: at(0.2, 0.5) },
    { classId: 0, score: 0.5, box: at(0.7, 0.5) },
  ]
  const left = (mask: object) =>
    unmasked(detections, { masks: [Mask.parse({ name: 'tree', polygon, ...mask })], anchor: 'foot' }, [
      'person',
      'dog',
    ])

  it('takes away what stands in it', () => {
    expect(left({})).toEqual([detections[2]])
  })

  it('takes away only the classes it names', () => {
    expect(left({ classes: ['dog'] })).toEqual([detections[0], detections[2]])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SignificancePolicy } from '../../../src/domain/index.ts'
import type { Box } from '../../../src/domain/index.ts'
import { selectEvents } from '../../../src/inference/events/index.ts'
import { stitchTracks } from '../../../src/inference/tracking/index.ts'
import type { Track, TrackPoint } from '../../../src/inference/tracking/index.ts'

const footage = { startSeconds: 0, endSeconds: 600 }
const classes = ['person', 'car']

/** An object that is at `place(seconds)` five times a second. */
function seen(from: number, to: number, place: (seconds: number) => Box, more: Partial<Track> = {}): Track {
  const path = Array.from({ length: Math.round((to - from) * 5) + 1 }, (_, index): TrackPoint => {
    const seconds = from + index / 5
    return { seconds, score: 0.6, box: place(seconds) }
  })
  return {
    id: 1,
    classId: 1,
    firstSeconds: path[0]!.seconds,
    lastSeconds: path.at(-1)!.seconds,
    scores: path.map(({ score }) => score),
    peakScore: 0.6,
    peakSeconds: from,
    peakBox: path[0]!.box,
    path,
    ...more,
  }
}
/** Drives in for five seconds, stands, and drives on at `leaves`. */
const parks =
  (leaves = Infinity) =>
  (seconds: number): Box => [
    0.1 + 0.1 * (Math.min(5, seconds) + Math.max(0, seconds - leaves)),
    0.5,
    0.2,
    0.1,
  ]
const stands = (seconds: number): Box => [0.5 + 0.004 * Math.sin(seconds * 7), 0.5, 0.1, 0.1]
const select = (tracks: readonly Track[], policy: object = {}, within = footage) =>
  selectEvents(tracks, SignificancePolicy.parse({ preRollSeconds: 0, postRollSeconds: 0, ...policy }), {
    classes,
    footage: within,
  })
const asked = (...of: Parameters<typeof select>): [number, number][] =>
  select(...of).map(({ asked: { startSeconds, endSeconds } }) => [
    Math.round(startSeconds * 10) / 10,
    Math.round(endSeconds * 10) / 10,
  ])

describe('an object that stands still', () => {
  it('makes no event when it never moves', () => {
    expect(select([seen(0, 300, stands)])).toEqual([])
    expect(select([seen(0, 300, stands)], { ignoreParked: false })).toHaveLength(1)
  })

  it('makes no event when it stands through a file that is shorter than the time to be parked', () => {
    expect(select([seen(0, 10, stands)], {}, { startSeconds: 0, endSeconds: 10 })).toEqual([])
  })

  it('counts when it was only there for a while in long footage', () => {
    expect(select([seen(100, 110, stands)])).toHaveLength(1)
  })

  it('ends its event with the hysteresis once it is parked', () => {
    const [[start, end] = [NaN, NaN], ...others] = asked([seen(0, 300, parks())])
    expect(others).toEqual([])
    expect(start).toBe(0)
    expect(end).toBeGreaterThanOrEqual(7)
    expect(end).toBeLessThanOrEqual(8)
  })

  it('begins a second event when it leaves', () => {
    const events = asked([seen(0, 125, parks(120))])
    expect(events).toHaveLength(2)
    expect(events[1]![0]).toBeGreaterThan(119)
    expect(events[1]![1]).toBe(125)
  })

  it('is one visit when it stops for less than the time to be parked', () => {
    expect(asked([seen(0, 25, parks(20))])).toEqual([[0, 25]])
  })

  it('does not move because something passes in front of it', () => {
    const hidden = (seconds: number): Box =>
      seconds > 100 && seconds < 103 ? [0.47, 0.5, 0.05, 0.1] : stands(seconds)
    expect(select([seen(0, 300, hidden)])).toEqual([])
  })

  it('lets an event end that a track of a moving object took over to a false positive', () => {
    const taken = (seconds: number): Box =>
      seconds < 4 ? [0.1 + 0.1 * seconds, 0.5, 0.1, 0.1] : [0.5, 0.5, 0.1, 0.1]
    const [[start, end] = [NaN, NaN], ...others] = asked([seen(0, 500, taken)])
    expect(others).toEqual([])
    expect(start).toBe(0)
    expect(end).toBeLessThanOrEqual(8)
  })

  it('is held for as long as a zone’s dwell asks', () => {
    const zone = {
      name: 'bay',
      polygon: [
        [0.5, 0],
        [1, 0],
        [1, 1],
        [0.5, 1],
      ],
      dwellSeconds: 60,
    }
    const [[start, end] = [NaN, NaN]] = asked([seen(0, 300, parks())], { zones: [zone] })
    expect(start).toBe(0)
    expect(end).toBeGreaterThan(60)
    expect(end).toBeLessThan(70)
    expect(asked([seen(0, 50, parks())], { zones: [zone] })).toEqual([])
  })
})

describe('a policy', () => {
  const passes = (seconds: number): Box => [0.1 + 0.1 * seconds, 0.5, 0.1, 0.1]
  const left = [
    [0, 0],
    [0.3, 0],
    [0.3, 1],
    [0, 1],
  ]
  const below = [
    [0, 0.8],
    [1, 0.8],
    [1, 1],
    [0, 1],
  ]

  it('asks for a displacement, as a share of the diagonal', () => {
    const track = seen(0, 6, passes)
    expect(select([track], { minDisplacement: 0.42 })).toHaveLength(1)
    expect(select([track], { minDisplacement: 0.43 })).toEqual([])
  })

  it('asks for a zone when it names zones', () => {
    const track = seen(0, 6, passes)
    expect(select([track], { zones: [{ name: 'left', polygon: left }] })[0]?.visits[0]?.zones).toEqual([
      expect.objectContaining({ zone: 'left', enteredSeconds: 0 }),
    ])
    expect(select([track], { zones: [{ name: 'below', polygon: below }] })).toEqual([])
    expect(select([track], { zones: [{ name: 'left', polygon: left, classes: ['person'] }] })).toEqual([])
    expect(select([track], { zones: [{ name: 'left', polygon: left, dwellSeconds: 5 }] })).toEqual([])
  })

  it('takes a crossed line for a zone', () => {
    const zones = [{ name: 'below', polygon: below }]
    const lines = [{ name: 'gate', from: [0.4, 1], to: [0.4, 0], direction: 'left-to-right' }]
    expect(select([seen(0, 6, passes)], { zones, lines })).toHaveLength(1)
    expect(select([seen(0, 6, (seconds) => passes(6 - seconds))], { zones, lines })).toEqual([])
  })

  it('asks for a dwell in the picture when it names no place', () => {
    expect(select([seen(0, 6, passes)], { dwellSeconds: 6 })).toHaveLength(1)
    expect(select([seen(0, 6, passes)], { dwellSeconds: 7 })).toEqual([])
  })
})

describe('stitching', () => {
  const passes = (seconds: number): Box => [0.1 + 0.08 * seconds, 0.5, 0.05, 0.1]
  const join = (tracks: readonly Track[]) =>
    stitchTracks(tracks, { gapSeconds: 3 }).map(({ id, path }) => [id, path.length])

  it('joins what goes on where the object should be', () => {
    expect(join([seen(0, 2, passes), seen(4.6, 6, passes, { id: 2 })])).toEqual([[1, 19]])
  })

  it('does not join another class, another size, another place, or after too long', () => {
    const first = seen(0, 2, passes)
    const apart: Track[] = [
      seen(4.6, 6, passes, { id: 2, classId: 0 }),
      seen(4.6, 6, (seconds) => [passes(seconds)[0], 0.5, 0.15, 0.3], { id: 2 }),
      seen(4.6, 6, (seconds) => [passes(seconds)[0], 0.8, 0.05, 0.1], { id: 2 }),
      seen(5.2, 6, passes, { id: 2 }),
    ]
    for (const second of apart) expect(join([first, second])).toHaveLength(2)
  })

  it('does not join who leaves the picture to who enters it', () => {
    const leaves = seen(0, 2, (seconds) => [0.8 + 0.09 * seconds, 0.5, 0.05, 0.1])
    expect(
      join([leaves, seen(3, 5, (seconds) => [0.97 - 0.1 * (seconds - 3), 0.5, 0.05, 0.1], { id: 2 })]),
    ).toHaveLength(2)
  })

  it('finds what stands still again after a minute', () => {
    expect(join([seen(0, 10, stands), seen(65, 70, stands, { id: 2 })])).toEqual([[1, 77]])
    expect(join([seen(0, 10, stands), seen(75, 80, stands, { id: 2 })])).toHaveLength(2)
  })

  it('loses no point and does not depend on the order of the tracks', () => {
    const anyTrack = fc
      .record({ from: fc.nat(40), length: fc.nat(20), x: fc.nat(9), speed: fc.integer({ min: -2, max: 2 }) })
      .map(({ from, length, x, speed }) =>
        seen(from / 5, (from + length) / 5, (seconds) => [
          x / 10 + (speed / 20) * (seconds - from / 5),
          0.5,
          0.1,
          0.2,
        ]),
      )
    fc.assert(
      fc.property(fc.array(anyTrack, { maxLength: 8 }), (drafts) => {
        const tracks = drafts.map((track, index) => ({ ...track, id: index + 1 }))
        const stitched = stitchTracks(tracks, { gapSeconds: 3 })
        expect(stitchTracks(tracks.toReversed(), { gapSeconds: 3 })).toEqual(stitched)
        const points = (of: readonly Track[]) =>
          of.flatMap(({ path }) => path.map((point) => JSON.stringify(point)))
        expect(points(stitched).toSorted()).toEqual(points(tracks).toSorted())
        for (const { path } of stitched)
          expect(path.map(({ seconds }) => seconds)).toEqual(
            path.map(({ seconds }) => seconds).toSorted((a, b) => a - b),
          )
      }),
    )
  })
})

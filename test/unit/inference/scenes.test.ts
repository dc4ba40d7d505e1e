import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SignificancePolicy } from '../../../src/domain/index.ts'
import type { Box } from '../../../src/domain/index.ts'
import type { Detection } from '../../../src/inference/detector/index.ts'
import { selectEvents, type SelectedEvent } from '../../../src/inference/events/index.ts'
import { stitchTracks, Tracker } from '../../../src/inference/tracking/index.ts'

/** Detections to events, as the pipeline goes: five frames a second, seen by a detector that trembles and misses. */
const fps = 5

interface Actor {
  readonly from: number
  readonly to: number
  readonly classId?: number
  readonly at: (seconds: number) => Box
  /** Whether the detector sees it. */
  readonly isSeen?: (seconds: number) => boolean
}

function eventsOf(
  actors: readonly Actor[],
  { policy = {}, length, seed = 1 }: { policy?: object; length: number; seed?: number },
): readonly SelectedEvent[] {
  const parsed = SignificancePolicy.parse({ preRollSeconds: 0, postRollSeconds: 0, ...policy })
  const tracker = new Tracker({ sampleFps: fps, scoreThreshold: 0.25 })
  let state = seed
  const tremble = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state / 2 ** 31 - 0.5) * 0.004
  }
  for (let index = 0; index <= length * fps; index++) {
    const seconds = index / fps
    const detections = actors
      .filter(({ from, to, isSeen }) => seconds >= from && seconds <= to && isSeen?.(seconds) !== false)
      .map(({ at, classId = 0 }): Detection => {
        const [x, y, width, height] = at(seconds)
        return { classId, score: 0.6, box: [x + tremble(), y + tremble(), width, height] }
      })
    tracker.observe({ index, seconds, detections })
  }
  const tracks = stitchTracks(tracker.finish(), { gapSeconds: parsed.endHysteresisSeconds })
  return selectEvents(tracks, parsed, {
    classes: ['person', 'car'],
    footage: { startSeconds: 0, endSeconds: length },
  })
}

/** Walks through the picture in eight seconds, from one side to the other. */
const walker = (from: number, { lane = 0.5, isLeftward = false, ...more }: Walk = {}): Actor => ({
  ...{ from, to: from + 8, ...more },
  at: (seconds) => {
    const way = 0.1 + (0.8 * (seconds - from)) / 8
    return [isLeftward ? 1 - way : way, lane, 0.06, 0.1]
  },
})
type Walk = Partial<Actor> & { readonly lane?: number; readonly isLeftward?: boolean }

/** A coat on a hook that is taken for a person, all the time or when it is. */
const coat = (to: number, isSeen?: Actor['isSeen']): Actor => ({
  ...{ from: 0, to, at: (): Box => [0.5, 0.3, 0.08, 0.2] },
  ...(isSeen === undefined ? {} : { isSeen }),
})

describe('one visit', () => {
  it('is one event from the first detection to the last, whatever the detector misses for less than the hysteresis', () => {
    const misses = fc.uniqueArray(fc.constantFrom(2, 4, 6), { maxLength: 3 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), misses, fc.nat(), (frames, gaps, seed) => {
        const from = frames / fps
        // out of sight for 1.4 s now and then
        const isSeen = (seconds: number): boolean =>
          !gaps.some((middle) => Math.abs(seconds - from - middle) < 0.65)
        const [event, ...others] = eventsOf([walker(from, { isSeen })], { length: from + 40, seed })
        expect(others).toEqual([])
        expect(event?.asked.startSeconds).toBeCloseTo(from, 6)
        expect(event?.asked.endSeconds).toBeCloseTo(from + 8, 6)
      }),
      { numRuns: 60 },
    )
  })

  it('is back-dated by the pre-roll from the first detection, not from when it was sure', () => {
    const [event] = eventsOf([walker(20)], {
      length: 60,
      policy: { preRollSeconds: 2, minDurationSeconds: 3 },
    })
    expect(event?.asked.startSeconds).toBeCloseTo(18, 6)
  })

  it('is one of as many events as there are visits that lie apart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 12, max: 60 }), { minLength: 1, maxLength: 6 }), (pauses) => {
        let at = 0
        const actors = pauses.map((pause) => {
          at += pause
          const actor = walker(at)
          at += 8
          return actor
        })
        const events = eventsOf(actors, { length: at + 20 })
        expect(events.map(({ visits }) => visits.length)).toEqual(actors.map(() => 1))
        events.forEach(({ asked }, index) => {
          expect(asked.startSeconds).toBeCloseTo(actors[index]?.from ?? NaN, 6)
        })
      }),
      { numRuns: 25 },
    )
  })

  it.each([2, 3, 4, 5])(
    'goes on after %d s out of sight by its hysteresis, and not after more',
    (hysteresis) => {
      // stands, is hidden, and is there again
      const at = (seconds: number): Box => [0.3 + 0.004 * Math.sin(seconds), 0.5, 0.1, 0.3]
      const hidden = (away: number): Actor => {
        const isSeen = (seconds: number): boolean => seconds < 14 || seconds >= 14 - 0.2 + away
        return { from: 10, to: 24, at, isSeen }
      }
      const policy = { endHysteresisSeconds: hysteresis, mergeGapSeconds: 0 }
      expect(eventsOf([hidden(hysteresis - 0.4)], { length: 200, policy })).toHaveLength(1)
      expect(eventsOf([hidden(hysteresis + 0.6)], { length: 200, policy })).toHaveLength(2)
    },
  )
})

describe('a false detection that stands for ever', () => {
  it('makes no event, however often the detector loses it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.6, noNaN: true }), fc.nat(1000), (share, seed) => {
        const isSeen = (seconds: number): boolean =>
          ((Math.round(seconds * fps) * 7919 + seed * 104_729) % 1000) / 1000 >= share
        expect(eventsOf([coat(300, isSeen)], { length: 300, seed })).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('does not begin, hold or split the event of who passes it', () => {
    const quiet = eventsOf([walker(100)], { length: 300 })
    for (const lane of [0.3, 0.35, 0.6]) {
      const [event, ...others] = eventsOf([coat(300), walker(100, { lane })], { length: 300 })
      expect(others).toEqual([])
      expect(event?.asked.startSeconds).toBeCloseTo(quiet[0]?.asked.startSeconds ?? NaN, 0)
      expect(event?.asked.endSeconds).toBeLessThan(108 + 4)
    }
  })

  it('that begins in the middle of footage ends its event with the time to be parked, at the latest', () => {
    const late: Actor = { ...coat(600), from: 100 }
    const events = eventsOf([late], { length: 600 })
    for (const { asked } of events) expect(asked.endSeconds).toBeLessThan(100 + 30 + 4)
  })

  it('leaves cars alone that are parked through the night, and tells of the one that comes', () => {
    const parked = [0.15, 0.4, 0.65].map((x): Actor => ({
      from: 0,
      to: 600,
      classId: 1,
      at: () => [x, 0.7, 0.15, 0.1],
    }))
    expect(eventsOf(parked, { length: 600 })).toEqual([])
    const comes: Actor = {
      ...{ from: 300, to: 600, classId: 1 },
      at: (seconds) => [Math.min(0.9, 0.1 + 0.1 * (seconds - 300)), 0.3, 0.15, 0.1],
    }
    const events = eventsOf([...parked, comes], { length: 600 })
    expect(events).toHaveLength(1)
    expect(events[0]?.asked.startSeconds).toBeCloseTo(300, 0)
    expect(events[0]?.asked.endSeconds).toBeLessThan(308 + 4.5)
  })
})

describe('a line', () => {
  const line = { name: 'gate', from: [0.5, 1], to: [0.5, 0] }

  it('counts exactly who crosses it each way, many at once', () => {
    const crowd = fc.array(fc.record({ start: fc.integer({ min: 0, max: 60 }), isLeftward: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(crowd, fc.nat(), (people, seed) => {
        // each in a lane of its own, for who hides whom is not what is asked
        const actors = people.map(({ start, isLeftward }, index) =>
          walker(start, { isLeftward, lane: 0.08 + 0.12 * index }),
        )
        const crossed = eventsOf(actors, { length: 90, seed, policy: { lines: [line] } })
          .flatMap(({ visits }) => visits)
          .flatMap(({ crossings }) => crossings.map(({ direction }) => direction))
        const count = (direction: string): number => crossed.filter((each) => each === direction).length
        expect(count('left-to-right')).toBe(people.filter(({ isLeftward }) => !isLeftward).length)
        expect(count('right-to-left')).toBe(people.filter(({ isLeftward }) => isLeftward).length)
      }),
      { numRuns: 40 },
    )
  })

  it('counts two that meet on it once each way', () => {
    const [event] = eventsOf([walker(10, { lane: 0.45 }), walker(10, { lane: 0.57, isLeftward: true })], {
      ...{ length: 60, policy: { lines: [line] } },
    })
    const crossed = event?.visits.flatMap(({ crossings }) => crossings.map(({ direction }) => direction))
    expect(crossed?.toSorted()).toEqual(['left-to-right', 'right-to-left'])
  })
})

describe('ids', () => {
  it('stay with their object through the footage, also when it is hidden for two seconds, and are the same each time', () => {
    const hidden = (seconds: number): boolean => seconds < 13 || seconds > 15
    const actors = [
      walker(10, { lane: 0.2, isSeen: hidden }),
      walker(11, { lane: 0.5 }),
      walker(12, { lane: 0.8 }),
    ]
    const ids = (seed: number): unknown =>
      eventsOf(actors, { length: 60, seed }).flatMap(({ visits }) =>
        visits.map(({ track, startSeconds }) => [track.id, Math.round(startSeconds)]),
      )
    expect(ids(1)).toEqual([
      [1, 10],
      [2, 11],
      [3, 12],
    ])
    for (const seed of [2, 3, 4]) expect(ids(seed)).toEqual(ids(1))
  })
})

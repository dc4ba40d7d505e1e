import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdgeEvent, SignificancePolicy } from '../../../src/domain/index.ts'
import { describeEvent, selectEvents, settingsKey } from '../../../src/inference/events/index.ts'
import type { EventContext, Visit } from '../../../src/inference/events/index.ts'
import type { Track, TrackPoint } from '../../../src/inference/tracking/index.ts'

const classes = ['person', 'dog', 'traffic light']
const policy = SignificancePolicy.parse({})
const footage = { startSeconds: 0, endSeconds: 100 }

/** A track of an object that walks through the picture, seen five times a second. */
function seen(firstSeconds: number, lastSeconds: number, more: Partial<Track> = {}): Track {
  const length = lastSeconds - firstSeconds
  const steps = Math.max(1, Math.round(length * 5))
  const path = Array.from({ length: steps + 1 }, (_, index): TrackPoint => ({
    seconds: index === steps ? lastSeconds : firstSeconds + (length * index) / steps,
    score: index === steps ? 0.7 : 0.5,
    box: [(0.3 * firstSeconds + (0.3 * length * index) / steps) % 1, 0.5, 0.1, 0.2],
  }))
  return {
    path,
    id: 1,
    classId: 0,
    firstSeconds,
    lastSeconds,
    scores: [0.5, 0.6, 0.7],
    peakScore: 0.7,
    peakSeconds: lastSeconds,
    peakBox: [0.5, 0.5, 0.1, 0.2],
    ...more,
  }
}

const select = (tracks: readonly Track[], changes: Partial<SignificancePolicy> = {}, within = footage) =>
  selectEvents(tracks, { ...policy, ...changes }, { classes, footage: within })

describe('significant events', () => {
  it('begin at the first detection less the pre-roll and end at the last plus the post-roll', () => {
    expect(select([seen(10, 14)], { preRollSeconds: 2 }).map(({ asked }) => asked)).toEqual([
      { startSeconds: 8, endSeconds: 15 },
    ])
  })

  it('stay inside the footage', () => {
    const within = { startSeconds: 1.075, endSeconds: 20 }
    expect(select([seen(1.2, 19.8)], {}, within)[0]?.asked).toEqual(within)
  })

  it('need the class, the median score and the duration', () => {
    expect(select([seen(10, 14, { classId: 1 })], { classes: ['person'] })).toEqual([])
    expect(select([seen(10, 14, { classId: 1 })], { classes: ['dog'] })).toHaveLength(1)
    expect(select([seen(10, 14, { scores: [0.3, 0.3, 0.99] })])).toEqual([])
    expect(select([seen(10, 10.5)])).toEqual([])
  })

  it('take a duration of exactly the least one, whatever the fractions', () => {
    expect(select([seen(3, 3.6)])).toHaveLength(1)
  })

  it('are one when tracks are no further apart than the merge gap', () => {
    expect(select([seen(10, 14), seen(17, 19, { id: 2 })])).toHaveLength(1)
    expect(select([seen(10, 14), seen(17.1, 19, { id: 2 })])).toHaveLength(2)
  })

  it('are one when their rolls would overlap', () => {
    expect(
      select([seen(10, 14), seen(18, 19, { id: 2 })], { preRollSeconds: 3, postRollSeconds: 3 }),
    ).toHaveLength(1)
  })

  it('are one when a short track lies inside a long one and a third follows the long one', () => {
    const events = select([seen(10, 30), seen(12, 14, { id: 2 }), seen(32, 33, { id: 3 })])
    expect(events.map(({ visits }) => visits.map(({ track }) => track.id))).toEqual([[1, 2, 3]])
  })

  const anyTrack = fc
    .record({
      start: fc.integer({ min: 0, max: 990 }),
      length: fc.integer({ min: 0, max: 200 }),
      classId: fc.nat(2),
      score: fc.integer({ min: 25, max: 100 }),
    })
    .map(({ start, length, classId, score }) =>
      seen(start / 10, Math.min(100, (start + length) / 10), { classId, scores: [score / 100] }),
    )
  const anyTracks = fc
    .array(anyTrack, { maxLength: 12 })
    .map((tracks) => tracks.map((track, index): Track => ({ ...track, id: index + 1 })))
  const anyPolicy = fc
    .record({
      minScore: fc.constantFrom(0, 0.4, 0.8),
      minDurationSeconds: fc.constantFrom(0, 0.6, 5),
      mergeGapSeconds: fc.constantFrom(0, 3, 20),
      preRollSeconds: fc.constantFrom(0, 1, 8),
      postRollSeconds: fc.constantFrom(0, 1, 8),
      classes: fc.subarray(classes),
    })
    .map((changes) => SignificancePolicy.parse(changes))

  it('are in order, disjoint, inside the footage, and hold each significant track once', () => {
    fc.assert(
      fc.property(anyTracks, anyPolicy, (tracks, changes) => {
        const events = select(tracks, changes)
        let before = -Infinity
        for (const { asked, visits } of events) {
          expect(asked.startSeconds).toBeGreaterThan(before)
          expect(asked.startSeconds).toBeGreaterThanOrEqual(footage.startSeconds)
          expect(asked.endSeconds).toBeLessThanOrEqual(footage.endSeconds)
          for (const { startSeconds, endSeconds } of visits) {
            expect(asked.startSeconds).toBeLessThanOrEqual(startSeconds)
            expect(asked.endSeconds).toBeGreaterThanOrEqual(endSeconds)
          }
          before = asked.endSeconds
        }
        const ids = events.flatMap(({ visits }) => visits.map(({ track }) => track.id))
        const alone = tracks.filter((track) => select([track], changes).length === 1).map(({ id }) => id)
        expect(ids.toSorted((a, b) => a - b)).toEqual(alone)
      }),
    )
  })

  it('do not depend on the order of the tracks', () => {
    fc.assert(
      fc.property(anyTracks, anyPolicy, (tracks, changes) => {
        expect(select(tracks.toReversed(), changes)).toEqual(select(tracks, changes))
      }),
    )
  })
})

describe('an event', () => {
  const visit = (track: Track): Visit => ({
    track,
    path: track.path,
    startSeconds: track.firstSeconds,
    endSeconds: track.lastSeconds,
    displacement: 0.25,
    zones: [],
    crossings: [],
  })
  const context: EventContext = {
    source: 'videos/gate.mp4',
    footage: 'f'.repeat(64),
    modelSha256: 'a'.repeat(64),
    settings: {
      mode: 'auto',
      sampleFps: 5,
      scoreThreshold: 0.25,
      iouThreshold: 0.45,
      maxDetections: 300,
      policy,
    },
    classes,
    startSeconds: 1,
    recordedAt: '2026-03-01T12:00:00.000Z',
  }
  const selected = {
    asked: { startSeconds: 72.4000001, endSeconds: 80 },
    visits: [
      visit(seen(73, 79, { scores: [0.5, 0.61234567] })),
      visit(
        seen(74, 75, {
          id: 2,
          classId: 2,
          path: [
            { seconds: 74, score: 0.5, box: [0.5, 0.5, 0.1, 0.2] },
            { seconds: 74.6, score: 0.91, box: [0.5, 0.5, 0.1, 0.2] },
          ],
        }),
      ),
    ],
  }

  it('is told by its classes, most seen first, its peak and its wall time', () => {
    expect(describeEvent(selected, context)).toMatchObject({
      label: 'person+traffic_light',
      classes: ['person', 'traffic light'],
      asked: { startSeconds: 72.4, endSeconds: 80 },
      wallStart: '2026-03-01T12:01:11.400Z',
      peakScore: 0.91,
      peakSeconds: 74.6,
      clip: null,
      thumbnail: null,
    })
  })

  it('fits its schema, with rounded numbers', () => {
    const event = EdgeEvent.parse(describeEvent(selected, context))
    expect(event.tracks[0]?.medianScore).toBe(0.5562)
  })

  it('has no wall time when the file has none', () => {
    expect(describeEvent(selected, { ...context, recordedAt: null }).wallStart).toBeNull()
    expect(describeEvent(selected, { ...context, recordedAt: 'yesterday' }).wallStart).toBeNull()
  })

  it('has the same id on every run, and another for another footage, model, setting or start', () => {
    const id = (changes: Partial<EventContext>, startSeconds = 72.4): string =>
      describeEvent({ ...selected, asked: { ...selected.asked, startSeconds } }, { ...context, ...changes })
        .id
    expect(id({})).toMatch(/^[0-9a-f]{16}$/)
    expect(id({})).toBe(id({ source: 'elsewhere/gate.mp4' }, 72.40000001))
    const others = [
      id({ footage: 'e'.repeat(64) }),
      id({ modelSha256: 'b'.repeat(64) }),
      id({ settings: { ...context.settings, sampleFps: 4 } }),
      id({ settings: { ...context.settings, policy: { ...policy, minScore: 0.5 } } }),
      id({}, 72.5),
    ]
    expect(new Set([id({}), ...others]).size).toBe(6)
  })

  it('has another id at another image size, and the same id where none is said', () => {
    const { settings } = context
    const policyPairs = Object.entries(policy).toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(settingsKey(settings)).toBe(JSON.stringify(['auto', 5, 0.25, 0.45, 300, policyPairs]))
    expect(settingsKey({ ...settings, imageSize: undefined })).toBe(settingsKey(settings))
    const keys = [settings, { ...settings, imageSize: 640 }, { ...settings, imageSize: 1280 }].map(
      settingsKey,
    )
    expect(new Set(keys).size).toBe(3)
  })
})

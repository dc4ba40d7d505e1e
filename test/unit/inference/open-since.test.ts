import { describe, expect, it } from 'vitest'
import { SignificancePolicy } from '../../../src/domain/index.ts'
import { openSince, selectEvents } from '../../../src/inference/events/index.ts'
import type { Track, TrackPoint } from '../../../src/inference/tracking/index.ts'

const policy = SignificancePolicy.parse({})
const footage = { startSeconds: 0, endSeconds: 100 }
const scene = { classes: ['person', 'dog'], footage }

/** Seen five times a second, walking or standing. */
function seen(firstSeconds: number, lastSeconds: number, { speed = 0.05, id = 1, classId = 0 } = {}): Track {
  const steps = Math.max(1, Math.round((lastSeconds - firstSeconds) * 5))
  const path = Array.from({ length: steps + 1 }, (_, index): TrackPoint => {
    const seconds = firstSeconds + ((lastSeconds - firstSeconds) * index) / steps
    return { seconds, score: 0.6, box: [(0.1 + speed * (seconds - firstSeconds)) % 1, 0.5, 0.1, 0.2] }
  })
  const scores = path.map(({ score }) => score)
  const peak = { peakScore: 0.6, peakSeconds: firstSeconds, peakBox: path[0]!.box }
  return { ...peak, id, classId, firstSeconds, lastSeconds, path, scores }
}

describe('what may not be over where footage ends', () => {
  it('is nothing but the pre-roll of what comes, when all ended long before', () => {
    expect(openSince([], policy, scene)).toBe(99)
    expect(openSince([seen(10, 20)], policy, scene)).toBe(99)
    expect(openSince([seen(98, 100, { classId: 1 })], { ...policy, classes: ['person'] }, scene)).toBe(99)
  })

  it('begins where the event begins that is open at the end', () => {
    const tracks = [seen(60, 70), seen(90, 100, { id: 2 })]
    const since = openSince(tracks, policy, scene)
    expect(since).toBeCloseTo(89, 6)
    expect(selectEvents(tracks, policy, scene)[1]?.asked.startSeconds).toBeCloseTo(since, 6)
  })

  it('goes back over what may still become one event', () => {
    const tracks = [seen(80, 90), seen(92.5, 95, { id: 2 }), seen(97, 98, { id: 3 })]
    expect(openSince(tracks, policy, scene)).toBeCloseTo(79, 6)
  })

  it('begins with an object that has not been there for long enough to be an event', () => {
    const tracks = [seen(99.6, 100)]
    expect(selectEvents(tracks, policy, scene)).toEqual([])
    expect(openSince(tracks, policy, scene)).toBeCloseTo(98.6, 6)
  })

  it('begins with what only counts as parked because the footage is short', () => {
    const short = { ...scene, footage: { startSeconds: 0, endSeconds: 20 } }
    expect(openSince([seen(0.4, 16.6, { speed: 0 })], policy, short)).toBe(0)
    expect(openSince([seen(10, 60, { speed: 0 })], policy, scene)).toBe(99)
  })

  it('reaches back to the frame before the end where only keyframes are seen', () => {
    const seenSeconds = [90, 94, 98, 100]
    expect(openSince([], policy, { ...scene, seenSeconds })).toBe(97)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Box } from '../../../src/domain/index.ts'
import type { Detection, FrameDetections } from '../../../src/inference/detector/index.ts'
import { sightingsOf } from '../../../src/inference/tracking/sightings.ts'
import { Tracker, medianScore } from '../../../src/inference/tracking/index.ts'
import type { Track } from '../../../src/inference/tracking/index.ts'

const fps = 5

function track(frames: readonly FrameDetections[], sampleFps = fps): readonly Track[] {
  const tracker = new Tracker({ sampleFps, scoreThreshold: 0.25 })
  for (const frame of frames) tracker.observe(frame)
  return tracker.finish()
}

/** One object that moves from `from` by `step` a frame; `seen` says in which frames. */
function walk(
  count: number,
  {
    from = [0.1, 0.5, 0.1, 0.3],
    step = 0.02,
    classId = 0,
    seen = () => true,
  }: { from?: Box; step?: number; classId?: number; seen?: (index: number) => boolean } = {},
): FrameDetections[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    seconds: index / fps,
    detections: seen(index)
      ? [{ classId, score: 0.6, box: [from[0] + step * index, from[1], from[2], from[3]] as Box }]
      : [],
  }))
}

function together(...walks: FrameDetections[][]): FrameDetections[] {
  return walks[0]!.map((frame, index) => ({
    ...frame,
    detections: walks.flatMap((each) => each[index]?.detections ?? []),
  }))
}

describe('the tracker', () => {
  it('follows one object as one track', () => {
    const [only, ...others] = track(walk(20))
    expect(others).toEqual([])
    expect(only).toMatchObject({ id: 1, classId: 0, firstSeconds: 0, lastSeconds: 3.8 })
    expect(only?.scores).toHaveLength(20)
  })

  it('follows an object that moves by more than its own width a frame', () => {
    expect(track(walk(8, { step: 0.115, from: [0.05, 0.5, 0.1, 0.3] }))).toHaveLength(1)
  })

  it('keeps an object that is not seen for a while', () => {
    const tracks = track(walk(30, { seen: (index) => index < 8 || index > 14 }))
    expect(tracks).toHaveLength(1)
  })

  it('begins a new track when an object was away for longer', () => {
    const tracks = track(walk(40, { step: 0, seen: (index) => index < 5 || index > 30 }))
    expect(tracks.map(({ firstSeconds }) => firstSeconds)).toEqual([0, 31 / fps])
  })

  it('waits longer for the next sight when there are few frames', () => {
    const frames = walk(4, { step: 0 }).map((frame, index) => ({ ...frame, seconds: index * 4 }))
    expect(track(frames, 0.25)).toHaveLength(1)
    expect(track(frames, 5)).toHaveLength(4)
  })

  it('keeps a person and the dog beside apart', () => {
    const tracks = track(together(walk(10), walk(10, { classId: 1, from: [0.15, 0.6, 0.1, 0.1] })))
    expect(tracks.map(({ classId }) => classId).sort()).toEqual([0, 1])
  })

  it('follows an object whose class wavers as one, of the class with the most score', () => {
    const wavering = walk(12).map((frame, index) => ({
      ...frame,
      detections: frame.detections.map((one) => ({ ...one, classId: index % 3 === 0 ? 7 : 2 })),
    }))
    expect(track(wavering).map(({ classId, path }) => [classId, path.length])).toEqual([[2, 12]])
  })

  it('takes two names for one box as one object', () => {
    const tracks = track(together(walk(10), walk(10, { classId: 7, from: [0.1, 0.5, 0.102, 0.3] })))
    expect(tracks.map(({ path }) => path.length)).toEqual([10])
  })

  it('begins no track with unsure detections, but goes on with them', () => {
    const scored = (score: (index: number) => number): FrameDetections[] =>
      walk(20).map((frame, index) => ({
        ...frame,
        detections: frame.detections.map((one) => ({ ...one, score: score(index) })),
      }))
    expect(track(scored(() => 0.2))).toEqual([])
    const [only, ...others] = track(scored((index) => (index < 5 ? 0.6 : 0.15)))
    expect(others).toEqual([])
    expect(only?.path).toHaveLength(20)
    expect(only?.scores).toEqual([0.6, 0.6, 0.6, 0.6, 0.6])
  })

  it('keeps two that meet and pass apart', () => {
    const tracks = track(
      together(
        walk(30, { from: [0.2, 0.3, 0.1, 0.3] }),
        walk(30, { from: [0.78, 0.42, 0.1, 0.3], step: -0.02 }),
      ),
    )
    expect(tracks).toHaveLength(2)
    for (const one of tracks) expect(one.scores).toHaveLength(30)
  })

  it('remembers the best sight', () => {
    const frames = walk(5).map((frame, index) => ({
      ...frame,
      detections: frame.detections.map((one) => ({ ...one, score: index === 3 ? 0.9 : 0.5 })),
    }))
    const [only] = track(frames)
    expect(only).toMatchObject({ peakScore: 0.9, peakSeconds: 0.6 })
    expect(only?.peakBox[0]).toBeCloseTo(0.16)
  })

  const box = fc.tuple(fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  const detection = fc
    .record({ classId: fc.nat(1), score: fc.integer({ min: 25, max: 100 }), box })
    .map(({ classId, score, box: [x, y, w, h] }): Detection => ({
      classId,
      score: score / 100,
      box: [x / 10, y / 10, w / 10, h / 10],
    }))
  const footage = fc.array(fc.array(detection, { maxLength: 5 }), { maxLength: 15 })
  const asFrames = (lists: readonly (readonly Detection[])[]): FrameDetections[] =>
    lists.map((detections, index) => ({ index, seconds: index / fps, detections }))

  it('puts every object of every frame into exactly one track', () => {
    fc.assert(
      fc.property(footage, (lists) => {
        const tracks = track(asFrames(lists))
        const seen = asFrames(lists).flatMap(({ seconds, detections }) =>
          sightingsOf(detections).map(({ score, box: at }) => [seconds, score, ...at].join()),
        )
        const kept = tracks.flatMap(({ path }) =>
          path.map(({ seconds, score, box: at }) => [seconds, score, ...at].join()),
        )
        expect(kept.toSorted()).toEqual(seen.toSorted())
        for (const { firstSeconds, lastSeconds, path } of tracks) {
          expect([path[0]?.seconds, path.at(-1)?.seconds]).toEqual([firstSeconds, lastSeconds])
          expect(new Set(path.map(({ seconds }) => seconds)).size).toBe(path.length)
        }
        expect(tracks.map(({ id }) => id)).toEqual(tracks.map((_, index) => index + 1))
      }),
    )
  })

  it('does not care in which order a frame lists its objects', () => {
    fc.assert(
      fc.property(footage, fc.infiniteStream(fc.nat(1000)), (lists, random) => {
        const shuffled = lists.map((list) =>
          list
            .map((one) => ({ one, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ one }) => one),
        )
        expect(track(asFrames(shuffled))).toEqual(track(asFrames(lists)))
      }),
    )
  })
})

describe('objects that move constantly', () => {
  /** Where an object is at a time, and which of its points belong to it: its height tells it from the others. */
  interface Walker {
    readonly from: readonly [number, number]
    readonly speed: readonly [number, number]
    readonly height: number
  }
  const at = ({ from, speed, height }: Walker, seconds: number): Box => [
    from[0] + speed[0] * seconds,
    from[1] + speed[1] * seconds,
    0.08,
    height,
  ]
  const frames = (walkers: readonly Walker[], times: readonly number[], isSeen = (_: number) => true) =>
    times.map((seconds, index) => ({
      index,
      seconds,
      detections: walkers
        .map((walker): Detection => ({ classId: 0, score: 0.6, box: at(walker, seconds) }))
        .filter(() => isSeen(seconds)),
    }))
  /** How many walkers each track has followed, by the heights of its boxes. */
  const followed = (tracks: readonly Track[]): number[] =>
    tracks.map(({ path }) => new Set(path.map(({ box }) => box[3].toFixed(6))).size)
  const regular = Array.from({ length: 31 }, (_, index) => index / 5)

  const speed = fc.integer({ min: 5, max: 12 }).map((value) => value / 100)
  const crossing = fc
    .record({ right: speed, left: speed, rise: fc.integer({ min: -3, max: 3 }) })
    .map(({ right, left, rise }): Walker[] => [
      { from: [0.1, 0.5], speed: [right, 0], height: 0.3 },
      { from: [0.9, 0.5 - rise / 100], speed: [-left, rise / 200], height: 0.31 },
    ])
  /** Steps of 0.1 to 0.35 s, as of a camera with a variable frame rate. */
  const irregular = fc
    .array(fc.integer({ min: 10, max: 35 }), { minLength: 25, maxLength: 35 })
    .map((steps) => steps.map((_, index) => steps.slice(0, index).reduce((sum, step) => sum + step / 100, 0)))

  it('keep their ids when they cross', () => {
    fc.assert(
      fc.property(crossing, (walkers) => {
        expect(followed(track(frames(walkers, regular)))).toEqual([1, 1])
      }),
    )
  })

  it('keep their ids when frames come irregularly', () => {
    fc.assert(
      fc.property(crossing, irregular, (walkers, times) => {
        expect(followed(track(frames(walkers, times)))).toEqual([1, 1])
      }),
    )
  })

  it('keep their ids when they are hidden for a second', () => {
    const lone = fc.record({
      speed: fc.integer({ min: -12, max: 12 }),
      begin: fc.integer({ min: 5, max: 15 }),
    })
    fc.assert(
      fc.property(lone, irregular, ({ speed: hundredths, begin }, times) => {
        const walker: Walker = { from: [0.5, 0.5], speed: [hundredths / 100, 0], height: 0.3 }
        const hidden = times[begin]!
        const seen = frames([walker], times, (seconds) => seconds < hidden || seconds > hidden + 1)
        expect(track(seen)).toHaveLength(1)
      }),
    )
  })
})

describe('the median score', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect(medianScore({ scores: [0.9, 0.1, 0.5] })).toBe(0.5)
    expect(medianScore({ scores: [0.9, 0.1, 0.5, 0.6] })).toBeCloseTo(0.55)
    expect(medianScore({ scores: [0.4] })).toBe(0.4)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Box } from '../../../src/domain/index.ts'
import type { Detection, FrameDetections } from '../../../src/inference/detector/index.ts'
import { Tracker, medianScore } from '../../../src/inference/tracking/index.ts'
import type { Track } from '../../../src/inference/tracking/index.ts'

const fps = 5

function track(frames: readonly FrameDetections[], sampleFps = fps): readonly Track[] {
  const tracker = new Tracker({ sampleFps })
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

  it('never joins classes', () => {
    expect(
      track(together(walk(10), walk(10, { classId: 1 })))
        .map(({ classId }) => classId)
        .sort(),
    ).toEqual([0, 1])
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

  it('puts every detection into exactly one track of its class', () => {
    fc.assert(
      fc.property(footage, (lists) => {
        const tracks = track(asFrames(lists))
        for (const classId of [0, 1]) {
          const given = lists
            .flat()
            .filter((one) => one.classId === classId)
            .map(({ score }) => score)
          const kept = tracks.filter((one) => one.classId === classId).flatMap(({ scores }) => scores)
          expect(kept.toSorted()).toEqual(given.toSorted())
        }
        for (const { firstSeconds, lastSeconds } of tracks)
          expect(firstSeconds).toBeLessThanOrEqual(lastSeconds)
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

describe('the median score', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect(medianScore({ scores: [0.9, 0.1, 0.5] })).toBe(0.5)
    expect(medianScore({ scores: [0.9, 0.1, 0.5, 0.6] })).toBeCloseTo(0.55)
    expect(medianScore({ scores: [0.4] })).toBe(0.4)
  })
})

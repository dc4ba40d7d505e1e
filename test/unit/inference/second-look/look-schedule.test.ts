import { describe, expect, it } from 'vitest'
import type { Box } from '../../../../src/domain/index.ts'
import { LookSchedule } from '../../../../src/inference/second-look/look-schedule.ts'

const at = (x: number, score = 0.5, isWanted = true): { box: Box; score: number; isWanted: boolean } => ({
  ...{ box: [x, 0.5, 0.1, 0.1], score, isWanted },
})

/** The times, five frames a second, at which a frame with these objects is due. */
function dueOf(frames: readonly (readonly ReturnType<typeof at>[])[], spacingSeconds = 0): readonly number[] {
  const schedule = new LookSchedule({ forgetSeconds: 2, spacingSeconds })
  return frames.flatMap((objects, index) => (schedule.isDue(index / 5, objects) ? [index / 5] : []))
}

const frames = (count: number, of: (index: number) => readonly ReturnType<typeof at>[]) =>
  Array.from({ length: count }, (_, index) => of(index))

describe('the schedule of second looks', () => {
  it('has none for frames without objects', () => {
    expect(dueOf(frames(20, () => []))).toEqual([])
  })

  it('looks at an object when it is first seen, and after 1, 2, 4, 8 seconds more', () => {
    expect(dueOf(frames(100, () => [at(0.5)]))).toEqual([0, 1, 3, 7, 15])
  })

  it('follows an object that moves', () => {
    expect(dueOf(frames(16, (index) => [at(0.1 + index * 0.03)]))).toEqual([0, 1, 3])
  })

  it('looks when an object is surer by 0.1 than it was when it was looked at', () => {
    const scores = [0.4, 0.45, 0.55, 0.6, 0.9]
    expect(dueOf(scores.map((score) => [at(0.5, score)]))).toEqual([0, 0.4, 0.8])
  })

  it('looks when a second object comes beside the first, and counts the look for both', () => {
    expect(dueOf(frames(12, (index) => (index < 3 ? [at(0.2)] : [at(0.2), at(0.7)])))).toEqual([0, 0.6, 1.6])
  })

  it('keeps looks apart, and meets what stays for longer than that', () => {
    const comeAndGo = frames(15, (index) => [at(0.1 + 0.2 * Math.floor(index / 4))])
    expect(dueOf(comeAndGo)).toEqual([0, 0.8, 1.6, 2.4])
    expect(dueOf(comeAndGo, 0.6)).toEqual([0, 0.8, 1.6, 2.4])
    expect(dueOf(comeAndGo, 1)).toEqual([0, 1, 2])
    const crowd = frames(16, (index) => [at(0.3 * index)])
    expect(dueOf(crowd, 0.6)).toEqual([0, 0.6, 1.2, 1.8, 2.4, 3])
  })

  it('looks at once when an object is surer by 0.2', () => {
    const scores = [0.4, 0.5, 0.62, 0.7, 0.7, 0.9]
    expect(
      dueOf(
        scores.map((score) => [at(0.5, score)]),
        5,
      ),
    ).toEqual([0, 0.4, 1])
  })

  it('takes what is wanted and what may be called so for two objects at one place', () => {
    expect(dueOf(frames(5, (index) => [at(0.5, 0.5, index % 2 === 0)]))).toEqual([0, 0.2])
  })

  it('takes what comes back after it was forgotten for something new', () => {
    expect(dueOf(frames(20, (index) => (index === 0 || index === 12 ? [at(0.5)] : [])))).toEqual([0, 2.4])
  })

  it('takes frames in any order', () => {
    const schedule = new LookSchedule({ forgetSeconds: 2, spacingSeconds: 0.6 })
    const asked = [1, 0.6, 0.4, 2].map((seconds) => schedule.isDue(seconds, [at(0.5)]))
    expect(asked).toEqual([true, false, false, true])
  })
})

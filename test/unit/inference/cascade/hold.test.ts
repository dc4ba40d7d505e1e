import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Box } from '../../../../src/domain/index.ts'
import { Hold } from '../../../../src/inference/cascade/hold.ts'
import type { HoldAnswer, HoldInit } from '../../../../src/inference/cascade/hold.ts'
import type { Detection, OpenDetector } from '../../../../src/inference/detector/index.ts'
import type { SampledFrame } from '../../../../src/media/index.ts'

const shape = { width: 64, height: 64, pixelFormat: 'yuv420p' } as const
const fps = 5

interface Changes extends Partial<HoldInit> {
  readonly slow?: boolean
}

/** What is in the picture of each frame: a bright square of 16 pixels at a place, or nothing. */
interface Scene {
  readonly at: number | undefined
  readonly score?: number
  /** Bright squares that are no object. */
  readonly noise?: number
}

const boxAt = (at: number): Box => [(at + 8) / 64, 0.5, 0.25, 0.25]

function pictureOf({ at, noise }: Scene): Uint8Array {
  const data = new Uint8Array((64 * 64 * 3) / 2).fill(60)
  const square = (left: number, top: number): void => {
    for (let y = top; y < top + 16; y++) data.fill(220, y * 64 + left, y * 64 + left + 16)
  }
  if (at !== undefined) square(at, 24)
  if (noise !== undefined) square(noise, 0)
  return data
}

type Ask = Pick<OpenDetector, 'detect'>

/** `slow` makes the detector answer later, each time after another number of turns of the event loop. */
async function walk(scenes: readonly Scene[], { slow = false, ...changes }: Changes = {}) {
  const asked: number[] = []
  let [open, mostOpen] = [0, 0]
  const detector: Ask = {
    detect: async ({ index, seconds }) => {
      asked.push(index)
      mostOpen = Math.max(mostOpen, ++open)
      for (let turn = 0; slow && turn < 1 + ((index * 7) % 5); turn++)
        await new Promise((resolve) => setImmediate(resolve))
      open--
      const { at, score = 0.8 } = scenes[index]!
      const detections: Detection[] = at === undefined ? [] : [{ classId: 0, score, box: boxAt(at) }]
      return { index, seconds, detections }
    },
  }
  const init = {
    shape,
    movingSeconds: 0.6,
    isRelevant: () => true,
    leadScore: 0.4,
    seesAll: false,
    ahead: 0,
    ...changes,
  }
  const hold = new Hold(init, detector)
  async function* frames(): AsyncGenerator<SampledFrame> {
    for (const [index, scene] of scenes.entries())
      yield await Promise.resolve({ index, seconds: index / fps, data: pictureOf(scene) })
  }
  const answers: HoldAnswer[] = await Array.fromAsync(hold.walk(frames()))
  return { asked, answers, counts: hold.counts, mostOpen }
}

const still = (count: number, scene: Scene): Scene[] => Array.from({ length: count }, () => scene)

describe('holding', () => {
  it('looks at an empty scene in which nothing moves every five seconds', async () => {
    const { asked, counts } = await walk(still(51, { at: undefined }))
    expect(asked).toEqual([0, 25, 50])
    expect(counts).toMatchObject({ analysed: 3, unchanged: 48, agreed: 0 })
  })

  it('looks at an object that stands still every second, and answers for it in between', async () => {
    const { asked, answers } = await walk(still(16, { at: 20 }))
    expect(asked).toEqual([0, 5, 10, 15])
    expect(answers.map(({ seconds }) => seconds)).toEqual([0, 0.8, 1, 1.8, 2, 2.8, 3])
    expect(answers.every(({ detections }) => detections.length === 1)).toBe(true)
  })

  it('finds to the frame when an object comes and goes', async () => {
    const scenes = [...still(7, { at: undefined }), ...still(11, { at: 20 }), ...still(10, { at: undefined })]
    const { answers } = await walk(scenes)
    const seen = answers.filter(({ detections }) => detections.length > 0)
    expect(seen[0]?.seconds).toBe(7 / fps)
    expect(seen.at(-1)?.seconds).toBe(17 / fps)
  })

  it('looks at every frame between two as long as neighbours disagree, and no further', async () => {
    const scenes = [...still(3, { at: undefined }), ...still(6, { at: 20 })]
    const { asked } = await walk(scenes, { movingSeconds: 1 })
    // 2 is known from 0; 7 is due; the middle of 3 to 6 shows the object, so does 3; the rest agrees
    expect(asked).toEqual([0, 7, 5, 4, 3])
  })

  it('does not miss an object that is there for as long as the shortest event, at whatever time', async () => {
    const runs = fc.record({ from: fc.integer({ min: 1, max: 30 }), noise: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(runs, async ({ from, noise }) => {
        const scenes = Array.from({ length: 40 }, (_, index): Scene => ({
          at: index >= from && index < from + 4 ? 20 : undefined,
          ...(noise ? { noise: (index * 8) % 48 } : {}),
        }))
        const { answers } = await walk(scenes)
        const seen = answers.filter(({ detections }) => detections.length > 0)
        expect(seen.length).toBeGreaterThan(0)
        expect(seen[0]?.seconds).toBe(from / fps)
        expect(seen.at(-1)?.seconds).toBe((from + 3) / fps)
      }),
    )
  })

  it('gives every frame one fate, and its answers in the order of time', async () => {
    const scene = fc.record({ at: fc.option(fc.integer({ min: 0, max: 48 }), { nil: undefined }) })
    await fc.assert(
      fc.asyncProperty(fc.array(scene, { maxLength: 60 }), fc.boolean(), async (scenes, seesAll) => {
        const { asked, answers, counts } = await walk(scenes, { seesAll })
        expect(new Set(asked).size).toBe(asked.length)
        expect(counts.analysed).toBe(asked.length)
        expect(counts.analysed + counts.unchanged + counts.agreed).toBe(scenes.length)
        const times = answers.filter(({ isExtra }) => !isExtra).map(({ seconds }) => seconds)
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
        if (seesAll) expect(new Set(answers.map(({ seconds }) => seconds)).size).toBe(scenes.length)
      }),
    )
  })

  it('tells the same with and without the looks that only painting needs', async () => {
    const scene = fc.record({ at: fc.option(fc.integer({ min: 0, max: 48 }), { nil: undefined }) })
    await fc.assert(
      fc.asyncProperty(fc.array(scene, { maxLength: 40 }), async (scenes) => {
        const [needed, all] = [await walk(scenes), await walk(scenes, { seesAll: true })]
        const told = ({ answers }: typeof all) =>
          answers
            .filter(({ isExtra }) => !isExtra)
            .map(({ seconds, detections }) => ({ seconds, detections }))
        expect(told(all)).toEqual(told(needed))
      }),
    )
  })

  it('looks at each frame of an object that may or may not be sure enough', async () => {
    const scenes = Array.from({ length: 13 }, (_, index): Scene => ({ at: 10 + index, score: 0.45 }))
    const { counts } = await walk(scenes)
    expect(counts).toMatchObject({ analysed: 13, agreed: 0 })
  })

  it('looks at the same frames and tells the same, however far it looks ahead and however late answers come', async () => {
    const scene = fc.record({
      at: fc.option(fc.integer({ min: 0, max: 48 }), { nil: undefined }),
      score: fc.constantFrom(0.45, 0.8),
    })
    const runs = fc.record({
      scenes: fc.array(scene, { maxLength: 60 }),
      ahead: fc.integer({ min: 1, max: 16 }),
      movingSeconds: fc.constantFrom(0, 0.2, 0.6, 1),
      seesAll: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(runs, async ({ scenes, ahead, movingSeconds, seesAll }) => {
        const one = await walk(scenes, { movingSeconds, seesAll })
        const many = await walk(scenes, { movingSeconds, seesAll, ahead, slow: true })
        expect(many.answers).toEqual(one.answers)
        expect(many.counts).toEqual(one.counts)
        expect(many.asked.toSorted((a, b) => a - b)).toEqual(one.asked.toSorted((a, b) => a - b))
      }),
      { numRuns: 60 },
    )
  })

  it('takes frames that will be looked at for certain while others are, and no more than it may', async () => {
    const scenes = Array.from({ length: 30 }, (_, index): Scene => ({ at: (index * 8) % 48 }))
    // as of keyframes: each lies further from the one before than anything may be passed over
    const moving = { movingSeconds: 0.1, slow: true }
    expect((await walk(scenes, moving)).mostOpen).toBe(1)
    expect((await walk(scenes, { ...moving, ahead: 4 })).mostOpen).toBe(5)
  })

  it('asks for both halves at once where it looks between two frames and may ask ahead', async () => {
    const scenes = Array.from({ length: 6 }, (_, index): Scene => ({ at: 10 + index, score: 0.45 }))
    const one = await walk(scenes, { movingSeconds: 1, slow: true })
    expect(one).toMatchObject({ asked: [0, 5, 3, 2, 1, 4], mostOpen: 1 })
    const many = await walk(scenes, { movingSeconds: 1, slow: true, ahead: 4 })
    expect(many).toMatchObject({ asked: [0, 5, 3, 2, 4, 1], mostOpen: 2 })
  })

  it('ends with the detector’s error, and leaves none unhandled', async () => {
    const hold = new Hold(
      { shape, movingSeconds: 0.2, isRelevant: () => true, leadScore: 0.4, seesAll: false, ahead: 4 },
      {
        detect: ({ index }) =>
          index > 2 ? Promise.reject(new Error(`frame ${index}`)) : Promise.resolve(nothing),
      },
    )
    async function* frames(): AsyncGenerator<SampledFrame> {
      for (let index = 0; index < 20; index++)
        yield await Promise.resolve({
          index,
          seconds: index / fps,
          data: pictureOf({ at: (index * 8) % 48 }),
        })
    }
    const nothing = { index: 0, seconds: 0, detections: [] }
    await expect(Array.fromAsync(hold.walk(frames()))).rejects.toThrow('frame 3')
  })
})

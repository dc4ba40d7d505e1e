import { describe, expect, it } from 'vitest'
import type { Box } from '../../../../src/domain/index.ts'
import type { Detection, OpenDetector } from '../../../../src/inference/detector/index.ts'
import { SecondLook } from '../../../../src/inference/second-look/index.ts'
import type { SecondLookInit } from '../../../../src/inference/second-look/index.ts'

const [person, car, truck] = [0, 1, 2]
const near: Box = [0.3, 0.5, 0.2, 0.2]
const nearly: Box = [0.31, 0.5, 0.2, 0.2]
const far: Box = [0.8, 0.5, 0.2, 0.2]

const found = (classId: number, score: number, box: Box): Detection => ({ classId, score, box })

/** Answers the same for every frame, and takes its bytes away as the real one does. */
function detector(detections: readonly Detection[], delaysMs: readonly number[] = []) {
  const asked: { index: number; bytes: number }[] = []
  const opened: OpenDetector = {
    detect: async ({ index, seconds, data }) => {
      asked.push({ index, bytes: data.length })
      structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] })
      await new Promise((resolve) => setTimeout(resolve, delaysMs[index] ?? 0))
      return { index, seconds, detections }
    },
    batch: 1,
    close: () => undefined,
  }
  return { asked, opened }
}

function look(
  first: readonly Detection[],
  second: readonly Detection[],
  changes: Partial<SecondLookInit> = {},
) {
  const [gate, label] = [detector(first, [20, 0, 10, 0]), detector(second)]
  const secondLook = new SecondLook({
    ...{ first: gate.opened, second: label.opened, leastScore: 0.3, forgetSeconds: 2, spacingSeconds: 0.6 },
    isRelevant: ({ classId }) => classId !== person,
    isWanted: ({ classId }) => classId === truck,
    ...changes,
  })
  const detect = (index: number) => secondLook.detect({ index, seconds: index / 5, data: new Uint8Array(8) })
  return { detect, secondLook, asked: { first: gate.asked, second: label.asked } }
}

describe('a second look', () => {
  it('labels an object with what the second model takes it for, in the frame’s own bytes', async () => {
    const { detect, asked } = look([found(car, 0.5, near)], [found(truck, 0.7, nearly)])
    const { detections } = await detect(0)
    expect(detections).toEqual([{ ...found(car, 0.5, near), label: { classId: truck, score: 0.7 } }])
    expect(asked.second).toEqual([{ index: 0, bytes: 8 }])
  })

  it('labels an object with null where the second model sees nothing', async () => {
    const { detect } = look([found(car, 0.5, near)], [found(truck, 0.7, far)])
    expect((await detect(0)).detections).toEqual([{ ...found(car, 0.5, near), label: null }])
  })

  it('prefers a wanted class, as if nothing else had been looked for', async () => {
    const { detect } = look([found(car, 0.5, near)], [found(car, 0.6, near), found(truck, 0.4, nearly)])
    expect((await detect(0)).detections[0]?.label).toEqual({ classId: truck, score: 0.4 })
  })

  it('labels two names of one object apart when one of them is wanted', async () => {
    const { detect } = look([found(car, 0.5, near), found(truck, 0.4, nearly)], [found(truck, 0.6, near)])
    const { detections } = await detect(0)
    expect(detections.map(({ label }) => label)).toEqual([
      { classId: truck, score: 0.6 },
      { classId: truck, score: 0.6 },
    ])
  })

  it('gives each of two objects one of its own', async () => {
    const objects = [found(car, 0.5, near), found(car, 0.4, far)]
    const { detect } = look(objects, [found(truck, 0.4, far), found(car, 0.6, near)])
    const { detections } = await detect(0)
    expect(detections.map(({ label }) => label?.classId)).toEqual([car, truck])
  })

  it('is not taken for what is not relevant, or not sure enough', async () => {
    const { detect, asked } = look([found(person, 0.9, near), found(car, 0.29, far)], [])
    const { detections } = await detect(0)
    expect(asked.second).toEqual([])
    expect(detections.some((detection) => 'label' in detection)).toBe(false)
  })

  it('is decided in the order of the frames, however long each takes', async () => {
    const { detect, secondLook, asked } = look([found(car, 0.5, near)], [])
    await Promise.all([0, 1, 2, 3].map(detect))
    expect(asked.second.map(({ index }) => index)).toEqual([0])
    expect(secondLook.looks).toBe(1)
    await detect(5)
    expect(asked.second.map(({ index }) => index)).toEqual([0, 5])
  })

  it('fails with the first model, and goes on with the next frame', async () => {
    const failing: OpenDetector = {
      detect: ({ index, seconds }) =>
        index === 0
          ? Promise.reject(new Error('no'))
          : Promise.resolve({ index, seconds, detections: [found(car, 0.5, near)] }),
      batch: 1,
      close: () => undefined,
    }
    const { detect } = look([], [], { first: failing })
    await expect(detect(0)).rejects.toThrow('no')
    expect((await detect(1)).detections[0]?.label).toBeNull()
  })
})

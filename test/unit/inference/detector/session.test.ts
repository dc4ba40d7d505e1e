import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sessionInit } from '../../../../src/inference/detector/frame-runner.ts'
import { openSession } from '../../../../src/inference/detector/session.ts'
import type { DetectFrames } from '../../../../src/inference/detector/session.ts'
import { openModel } from '../../../../src/inference/model/index.ts'
import type { Model } from '../../../../src/inference/model/index.ts'
import { message, onnxBytes, tensorValue } from '../../../support/onnx-bytes.ts'
import { samplePath } from '../../../support/sample.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const filter = { scoreThreshold: 0.001, iouThreshold: 0.45, maxDetections: 300 }

async function open(model: Model, batch: number | undefined, side = 64): Promise<DetectFrames> {
  const setup = { options: { fp16: false, engineCache: false, batch }, accelerators: {} }
  return openSession(
    sessionInit('cpu', { model, filter, setup }, model.shapeFor({ width: side, height: side })),
  )
}

const ints = (name: string, ...values: number[]): Buffer =>
  message([1, values.length], [2, 7], ...values.map((value) => [7, value] as const), [8, name])

/** A graph for any number of frames, whose boxes are the frame’s first numbers. */
async function freeModel(): Promise<Model> {
  const path = join(await tempDir(), 'free.onnx')
  const bytes = onnxBytes({
    inputs: [tensorValue('images', 1, ['n', 3, 64, 64])],
    outputs: [tensorValue('output0', 1, ['n', 252, 7])],
    initializers: [
      ints('flat', 0, -1),
      ints('from', 0),
      ints('to', 1764),
      ints('axis', 1),
      ints('rows', -1, 252, 7),
    ],
    nodes: [
      message([1, 'images'], [1, 'flat'], [2, 'all'], [4, 'Reshape']),
      message([1, 'all'], [1, 'from'], [1, 'to'], [1, 'axis'], [2, 'some'], [4, 'Slice']),
      message([1, 'some'], [1, 'rows'], [2, 'output0'], [4, 'Reshape']),
    ],
  })
  await writeFile(path, bytes)
  return openModel(path)
}

const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 7919 + seed * 131 + (at >> 6) * 17) % 251)

describe('a session', () => {
  it('finds in each frame of a run what it finds in it alone, also in a run that is not full', async () => {
    const model = await freeModel()
    const [alone, batched] = [await open(model, undefined), await open(model, 4)]
    const frames = [1, 2, 3, 4].map((seed) => noise(3 * 64 * 64, seed))
    const expected: Float64Array[] = []
    for (const frame of frames) expected.push(...(await alone([frame])))
    expect(new Set(expected.map((boxes) => String(boxes))).size).toBe(4)
    expect(await batched(frames)).toEqual(expected)
    expect(await batched(frames.slice(2))).toEqual(expected.slice(2))
    expect(await batched(frames.slice(1, 2))).toEqual(expected.slice(1, 2))
  })

  it('gives a real model’s frames the same boxes in a batch', async () => {
    const model = await openModel(samplePath('models/yolov5n.pt'), { imageSize: 320 })
    const [alone, batched] = [await open(model, 1), await open(model, 3)]
    const { width, height } = model.shapeFor({ width: 64, height: 64 })
    const frames = [1, 2].map((seed) => noise((width * height * 3) / 2, seed))
    const found = await batched(frames)
    for (const [index, frame] of frames.entries()) {
      const [expected] = await alone([frame])
      expect(expected!.length).toBeGreaterThan(0)
      expect(found[index]).toHaveLength(expected!.length)
      for (const [at, value] of expected!.entries()) expect(found[index]![at]).toBeCloseTo(value, 2)
    }
  })

  it('takes no more frames than its graph, and none of another size', async () => {
    const detect = await open(await freeModel(), 2)
    const frame = noise(3 * 64 * 64, 1)
    await expect(detect([frame, frame, frame])).rejects.toMatchObject({ code: 'internal' })
    await expect(detect([])).rejects.toMatchObject({ code: 'internal' })
    await expect(detect([frame, frame.subarray(1)])).rejects.toMatchObject({ code: 'internal' })
    expect(await detect([frame])).toHaveLength(1)
  })
})

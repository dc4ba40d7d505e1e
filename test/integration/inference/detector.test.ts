import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createDetector, openModel, tryModel } from '../../../src/inference/index.ts'
import type { Detector, DetectorInit, Model } from '../../../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../../../src/media/index.ts'
import type { MediaTools, SampledFrame } from '../../../src/media/index.ts'
import { message, onnxBytes } from '../../support/onnx-bytes.ts'
import { compareFrame, referenceDetections } from '../../support/reference-detections.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }

let tools: MediaTools
let model: Model
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.onnx'))
})

async function open(init: Partial<DetectorInit> = {}): Promise<Detector> {
  const detector = await createDetector({ model, filter, threads: 1, ...init })
  onTestFinished(() => detector.close())
  return detector
}

/** Every `stride`th frame of a sample, with the number that it has in the file, from 0. */
async function framesOf(
  video: string,
  stride: number,
): Promise<{ frames: AsyncIterable<SampledFrame>; size: { width: number; height: number } }> {
  const path = samplePath(`videos/${video}`)
  const info = await probeVideo(tools, path)
  const shape = model.shapeFor(info)
  const all = sampleFrames(tools, path, { fps: 900, shape, video: info }).frames
  const frames = (async function* () {
    for await (const frame of all) if (frame.index % stride === 0) yield frame
  })()
  return { frames, size: info }
}

async function* greyFrames(count: number, side = 640, taken: number[] = []): AsyncGenerator<SampledFrame> {
  for (let index = 0; index < count; index++) {
    taken.push(index)
    yield await Promise.resolve({
      index,
      seconds: index / 5,
      data: new Uint8Array(3 * side * side).fill(114),
    })
  }
}

async function modelOf(bytes: Uint8Array): Promise<Model> {
  const path = join(await tempDir(), 'small.onnx')
  await writeFile(path, bytes)
  return openModel(path)
}

/** A model of 64x64 and two classes that answers the same numbers whatever it sees. */
function constantModel(value: number): Uint8Array {
  const raw = Buffer.from(new Float32Array(252 * 7).fill(value).buffer)
  const tensor = message([1, 1], [1, 252], [1, 7], [2, 1], [9, raw])
  return onnxBytes({
    nodes: [message([2, 'output0'], [4, 'Constant'], [5, message([1, 'value'], [5, tensor], [20, 4])])],
  })
}

describe('the detector', () => {
  // Measured on eight sample videos, boxes of 0.4 and more: recall .997 to 1, precision .957 to 1. The rest is the
  // letterbox: the reference ran on a rectangle of the video’s shape, this on a square, scaled by another filter.
  it.each([
    ['horses.mp4', 12],
    ['dog_person.mp4', 20],
    ['cup_pour.mp4', 25],
  ])('finds in %s what YOLOv5’s detect.py finds', async (video, stride) => {
    const detector = await open({ threads: 2, filter: { ...filter, scoreThreshold: 0.2 } })
    const reference = referenceDetections(video.replace(/\.\w+$/, ''))
    const { frames, size } = await framesOf(video, stride)
    const sum = { expected: 0, found: 0, given: 0, right: 0 }
    for await (const { index, detections } of detector.detect(frames, size)) {
      const frame = compareFrame(reference.get(index + 1) ?? [], detections, 0.4)
      for (const key of ['expected', 'found', 'given', 'right'] as const) sum[key] += frame[key]
    }
    expect(sum.expected).toBeGreaterThan(8)
    expect(sum.found / sum.expected).toBeGreaterThanOrEqual(0.97)
    expect(sum.right / sum.given).toBeGreaterThanOrEqual(0.94)
  })

  it('gives the same with one thread and with two, frame by frame in order', async () => {
    const runs = []
    for (const threads of [1, 2]) {
      const detector = await open({ threads })
      const { frames, size } = await framesOf('horses.mp4', 20)
      const results = []
      for await (const frame of detector.detect(frames, size)) results.push(frame)
      expect(results.map(({ index }) => index)).toEqual([0, 20, 40, 60, 80, 100])
      runs.push(results)
    }
    expect(runs[1]).toEqual(runs[0])
  })

  it('looks only for the classes that are wanted', async () => {
    const detector = await open({ filter: { ...filter, classIds: [16] } })
    const { frames, size } = await framesOf('dog_person.mp4', 60)
    const classes = new Set<number>()
    for await (const { detections } of detector.detect(frames, size))
      for (const one of detections) classes.add(one.classId)
    expect([...classes]).toEqual([16])
  })

  it('takes no more frames than it has room for', async () => {
    const detector = await open()
    const taken: number[] = []
    const results = detector.detect(greyFrames(100, 640, taken), { width: 640, height: 640 })
    await results.next()
    expect(taken.length).toBeLessThanOrEqual(3)
    await results.return()
  })

  it('passes on what the frames’ reader throws', async () => {
    const detector = await open()
    const broken = (async function* () {
      yield* greyFrames(1)
      throw new Error('the pipe broke')
    })()
    const results = detector.detect(broken, { width: 640, height: 640 })
    await expect(Array.fromAsync(results)).rejects.toThrow('the pipe broke')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 42])(
    'makes an error of a model that answers %d',
    async (value) => {
      const detector = await open({ model: await modelOf(constantModel(value)) })
      const results = detector.detect(greyFrames(1, 64), { width: 64, height: 64 })
      await expect(results.next()).rejects.toMatchObject({ code: 'model_invalid' })
    },
  )

  it('reads a model whose answer is nothing as nothing', async () => {
    const detector = await open({ model: await modelOf(constantModel(0)) })
    const results = detector.detect(greyFrames(1, 64), { width: 64, height: 64 })
    expect((await results.next()).value).toMatchObject({ index: 0, detections: [] })
  })

  it('does not open with a model that the runtime refuses', async () => {
    const broken = await modelOf(
      onnxBytes({ nodes: [message([1, 'images'], [2, 'output0'], [4, 'NoSuchOperator'])] }),
    )
    await expect(open({ model: broken })).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('says why auto took the cpu', async () => {
    expect((await open()).provider).toMatchObject({
      name: 'cpu',
      reason: expect.stringContaining('auto') as string,
    })
  })

  it.each(['openvino', process.platform === 'darwin' ? 'cuda' : 'coreml'] as const)(
    'fails with the provider’s name when %s is asked for and not there',
    async (provider) => {
      await expect(open({ provider })).rejects.toMatchObject({
        code: 'provider_unavailable',
        message: expect.stringContaining(provider) as string,
      })
    },
  )
})

describe('tryModel', () => {
  it('runs a model for real', async () => {
    const trial = await tryModel(await openModel(samplePath('models/yolov5n.onnx')))
    expect(trial.provider).toBe('cpu')
    expect(trial.msPerFrame).toBeGreaterThan(0)
  })
})

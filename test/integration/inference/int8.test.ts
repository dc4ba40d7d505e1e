import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  calibrateForRun,
  observeFrames,
  quantiseModel,
  withPrecision,
} from '../../../src/inference/calibration/index.ts'
import type { PrecisionWish } from '../../../src/inference/calibration/with-precision.ts'
import { keepRanges } from '../../../src/inference/calibration/kept-ranges.ts'
import { sampleFootage } from '../../../src/inference/calibration/sample-footage.ts'
import type { ProbedVideo } from '../../../src/inference/calibration/index.ts'
import { createDetector } from '../../../src/inference/detector/index.ts'
import { roundScore, roundSeconds } from '../../../src/inference/events/rounding.ts'
import { analyse, openModel } from '../../../src/inference/index.ts'
import type { Documents, Model } from '../../../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../../../src/media/index.ts'
import type { MediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const person = samplePath('videos/one-by-one-person-detection.mp4')

let tools: MediaTools
let yolov5n: Model
/** Holds ranges of yolov5n for 640x384, from eight frames of the sample. */
let rangesDir: string
let kept: string
beforeAll(async () => {
  tools = await locateMediaTools()
  yolov5n = await openModel(samplePath('models/yolov5n.pt'))
  rangesDir = await mkdtemp(join(tmpdir(), 'edge-ranges-'))
  const probed = await probe(person)
  const shape = yolov5n.shapeFor(probed.video)
  const frames: Uint8Array[] = []
  for await (const { data } of sampleFootage(tools, [probed], { count: 8, shape })) frames.push(data)
  expect(frames).toHaveLength(8)
  const ranges = await observeFrames(yolov5n.quantising!, shape, frames)
  const agreement = { frames: 0, floatBoxes: 0, int8Boxes: 0 }
  const nothing = { recall: null, precision: null, scoreDifference: null }
  kept = await keepRanges(rangesDir, yolov5n, { shape, ranges, agreement: { ...agreement, ...nothing } })
}, 120_000)
afterAll(() => rm(rangesDir, { recursive: true, force: true }))

async function probe(path: string): Promise<ProbedVideo> {
  return { path, video: await probeVideo(tools, path) }
}

function as(precision: PrecisionWish['precision'], wish: Partial<PrecisionWish> = {}): Promise<Model> {
  return withPrecision(yolov5n, { precision, provider: 'cpu', rangesDir, ...wish })
}

const usual = { width: 640, height: 384, pixelFormat: 'yuv420p' } as const

describe('quantiseModel', () => {
  it('makes an int8 yolov5n whose boxes on frames held out are those of float', async () => {
    const folder = join(await tempDir(), 'quantised')
    const videos = [await probe(person), await probe(samplePath('videos/traffic_camera.mp4'))]
    const [found, ...others] = await quantiseModel({
      ...{ model: yolov5n, tools, videos, frames: 48, rangesDir: folder },
    })
    expect(others).toEqual([])
    expect(found).toMatchObject({ width: 640, height: 384, videos: 2, calibrationFrames: 24 })
    expect(found?.agreement.frames).toBe(24)
    expect(found?.agreement.recall).toBeGreaterThanOrEqual(0.9)
    expect(found?.agreement.precision).toBeGreaterThanOrEqual(0.9)
    expect(found?.agreement.scoreDifference).toBeLessThan(0.05)
    // A machine on which int8 is slower refuses it, and only for that.
    expect(found?.objections.filter((text) => !text.includes('ms a frame'))).toEqual([])
    const files = await readdir(folder).catch(() => [])
    expect(files).toEqual(typeof found?.file === 'string' ? [basename(found.file)] : [])
  }, 240_000)

  it('refuses footage with nothing to judge by, and keeps nothing', async () => {
    const folder = join(await tempDir(), 'quantised')
    const videos = [await probe(samplePath('videos/empty_brightness_change.avi'))]
    const [found] = await quantiseModel({ model: yolov5n, tools, videos, frames: 8, rangesDir: folder })
    expect(found).toMatchObject({ file: null })
    expect(found?.objections.join()).toMatch(/fewer than 12/)
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  }, 120_000)

  it('says that an exported model cannot be quantised', async () => {
    const model = await openModel(samplePath('models/yolov5n.onnx'))
    const init = { model, tools, videos: [await probe(person)], frames: 8, rangesDir }
    await expect(quantiseModel(init)).rejects.toMatchObject({ code: 'not_supported' })
  })
})

describe('calibrateForRun', () => {
  const empty = samplePath('videos/empty_brightness_change.avi')
  async function calibrate(precision: 'auto' | 'float', folder: string, leastSeconds?: number) {
    const log = new QuietLog()
    const settings = { precision, provider: 'auto' } as const
    const few = leastSeconds === undefined ? {} : { leastSeconds }
    await calibrateForRun({
      ...{ model: yolov5n, tools, paths: [empty], settings, rangesDir: folder, log, ...few },
    })
    return log.lines.map(({ message }) => message)
  }

  it('tries int8 once where there is enough footage, and notes a refusal', async () => {
    const folder = join(await tempDir(), 'quantised')
    expect(await calibrate('auto', folder)).toEqual([])
    expect(await calibrate('float', folder, 1)).toEqual([])
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await calibrate('auto', folder, 1)).toEqual(['int8 was refused'])
    expect(await readdir(folder)).toEqual([expect.stringMatching(/-\d+x\d+\.refused$/) as string])
    expect(await calibrate('auto', folder, 1)).toEqual([])
    expect((await as('auto', { rangesDir: folder })).reading).toBe(yolov5n.reading)
  }, 180_000)
})

describe('withPrecision', () => {
  it('takes int8 where ranges are kept, by itself or when asked, and float when asked', async () => {
    for (const [precision, wanted] of [
      ['auto', 'int8'],
      ['int8', 'int8'],
      ['float', 'float'],
    ] as const)
      expect((await as(precision)).graphFor(usual).precision).toBe(wanted)
    const int8 = await as('auto')
    expect(int8.reading).not.toBe(yolov5n.reading)
    expect(int8.graphFor(usual, { batch: 4 }).description.batch).toBe(1)
    expect(int8.graphFor(usual, { batch: 4, isFloat: true }).description.batch).toBe(4)
    expect(int8.graphFor(usual).bytes().length).toBeLessThan(yolov5n.graphFor(usual).bytes().length / 2)
  })

  it('stays with float for other frame shapes, other providers, and without ranges', async () => {
    expect((await as('auto')).graphFor({ ...usual, height: 512 }).precision).toBe('float')
    expect((await as('auto', { provider: 'cuda' })).reading).toBe(yolov5n.reading)
    expect((await as('auto', { rangesDir: '/nowhere' })).reading).toBe(yolov5n.reading)
  })

  it('names the command where int8 is asked for and was not tried', async () => {
    await expect(as('int8', { rangesDir: '/nowhere' })).rejects.toMatchObject({
      code: 'model_invalid',
      hint: expect.stringContaining('edge model quantize') as string,
    })
    const exported = await openModel(samplePath('models/yolov5n.onnx'))
    const wish = { precision: 'int8', provider: 'cpu', rangesDir } as const
    await expect(withPrecision(exported, wish)).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('passes over kept ranges that are damaged or of another version', async () => {
    const document = await readFile(kept, 'utf8')
    for (const text of [
      document.slice(0, 100),
      document.replace('checkpoint', 'another'),
      document.replace('edge/ranges/v1', 'edge/ranges/v9'),
    ]) {
      const folder = await tempDir()
      await writeFile(join(folder, basename(kept)), text)
      expect((await as('auto', { rangesDir: folder })).reading).toBe(yolov5n.reading)
    }
  })
})

describe('analysis in int8', () => {
  const settings = detectSettings({ mode: 'dense', sampleFps: 1, policy: { classes: ['person'] } })

  async function run(model: Model, precision: PrecisionWish['precision'], threads = 1): Promise<Documents> {
    const sources = [{ source: 'person.mp4', path: person }]
    return analyse({
      ...{ sources, model, tools, threads, outputsDir: await tempDir(), completed: [] },
      ...{ settings: { ...settings, precision }, log: new QuietLog() },
    })
  }

  /** What float finds in the sampled frames, by their times as events tell them. */
  async function floatScores(): Promise<ReadonlyMap<number, readonly number[]>> {
    const { video } = await probe(person)
    const detector = await createDetector({ model: yolov5n, filter: settings, provider: 'cpu', threads: 1 })
    const scores = new Map<number, readonly number[]>()
    try {
      const { frames } = sampleFrames(tools, person, { fps: 1, shape: yolov5n.shapeFor(video), video })
      for await (const { seconds, detections } of detector.detect(frames, video))
        scores.set(
          roundSeconds(seconds),
          detections.map(({ score }) => roundScore(score)),
        )
    } finally {
      await detector.close()
    }
    return scores
  }

  /** On one thread; analysed once for all who ask. */
  let inInt8: Promise<Documents> | undefined
  async function int8Run(): Promise<Documents> {
    inInt8 ??= run(await as('int8'), 'int8')
    return inInt8
  }

  it('finds the events that float finds, under other ids, with float’s scores at the peaks', async () => {
    const float = await run(yolov5n, 'float')
    const int8 = await int8Run()
    expect(float.ledger.sources[0]).toMatchObject({ precision: 'float' })
    expect(float.ledger.sources[0]).not.toHaveProperty('labels')
    expect(int8.ledger.sources[0]?.precision).toBe('int8')
    expect(int8.events.events.length).toBe(float.events.events.length)
    const scores = await floatScores()
    for (const [index, event] of int8.events.events.entries()) {
      const same = float.events.events[index]!
      expect(event.id).not.toBe(same.id)
      expect(event.classes).toEqual(same.classes)
      expect(Math.abs(event.asked.startSeconds - same.asked.startSeconds)).toBeLessThanOrEqual(1)
      expect(Math.abs(event.asked.endSeconds - same.asked.endSeconds)).toBeLessThanOrEqual(1)
      expect(scores.get(event.peakSeconds)).toContain(event.peakScore)
    }
    const { labels, frames } = int8.ledger.sources[0]!
    expect(labels).toMatchObject({ relabelled: 0 })
    expect(labels?.tracks).toBeGreaterThanOrEqual(int8.events.events.length)
    expect(labels?.frames).toBeLessThan(frames.sampled / 2)
  }, 300_000)

  it('finds the same whatever the number of threads', async () => {
    const [one, two] = [await int8Run(), await run(await as('int8'), 'int8', 2)]
    expect(two.events).toEqual(one.events)
    expect(two.ledger.sources[0]?.labels).toEqual(one.ledger.sources[0]?.labels)
  }, 300_000)

  it('does not begin where int8 is asked for and the footage has a shape that was not tried', async () => {
    const sources = [{ source: 'highway.avi', path: samplePath('videos/highway_320x240.avi') }]
    const init = { sources, model: await as('int8'), settings: detectSettings({ precision: 'int8' }) }
    const outputsDir = await tempDir()
    await expect(
      analyse({ ...init, threads: 1, outputsDir, completed: [], tools, log: new QuietLog() }),
    ).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('640x480') as string,
    })
  }, 60_000)
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { LedgerSampling, OnnxEngineSpec } from '../../../src/domain/index.ts'
import { analyse, createDetector, openModel } from '../../../src/inference/index.ts'
import type { FrameDetections, Model } from '../../../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../../../src/media/index.ts'
import type { MediaTools, SampledFrame } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

let tools: MediaTools
let model: Model
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.pt'))
})

const inBatches = (batch: number) => ({ fp16: false, engineCache: false, batch })

interface Ran {
  readonly text: string
  readonly events: number
  readonly sampling: LedgerSampling
}

async function run(mode: OnnxEngineSpec['mode'], source: string, batch?: number): Promise<Ran> {
  const outputsDir = await tempDir()
  const settings = detectSettings({
    ...{ mode, sampleFps: 4, provider: 'cpu' },
    ...(batch === undefined ? {} : { providerOptions: inBatches(batch) }),
  })
  const { events, ledger } = await analyse({
    sources: [{ source, path: samplePath(`videos/${source}`) }],
    ...{ model, settings, tools, outputsDir, threads: 1, completed: [], log: new QuietLog() },
  })
  const { sampling } = ledger.sources[0]!
  const text = await readFile(join(outputsDir, 'events.json'), 'utf8')
  return { text, events: events.events.length, sampling: sampling! }
}

describe('frames in batches', () => {
  it.each([
    ['dense', 'horses.mp4'],
    ['hold', 'horses.mp4'],
    ['keyframe', 'traffic_camera.mp4'],
  ] as const)('make the same events as frames one by one, to the byte (%s, %s)', async (mode, source) => {
    const alone = await run(mode, source)
    const { text, sampling } = await run(mode, source, 4)
    expect(alone.events).toBeGreaterThan(0)
    expect(text).toBe(alone.text)
    const { batches, ...counts } = sampling
    expect(counts).toEqual(alone.sampling)
    expect(alone.sampling.batches).toBeUndefined()
    expect(batches!.mostFrames).toBeLessThanOrEqual(4)
    expect(batches!.runs * batches!.meanFrames).toBeCloseTo(sampling.analysed, 0)
    // While the first run goes on, the next frames gather.
    if (mode === 'dense') expect(batches!.mostFrames).toBeGreaterThan(1)
  })

  it('find in each frame what is found in it alone', async () => {
    const path = samplePath('videos/dog_person.mp4')
    const video = await probeVideo(tools, path)
    const shape = model.shapeFor(video)
    const detect = async (batch: number): Promise<FrameDetections[]> => {
      const filter = { scoreThreshold: 0.1, iouThreshold: 0.45, maxDetections: 300 }
      const providerOptions = inBatches(batch)
      const detector = await createDetector({ model, filter, provider: 'cpu', threads: 1, providerOptions })
      onTestFinished(() => detector.close())
      const opened = await detector.open(video)
      expect(opened.batch).toBe(batch)
      const frames = await Array.fromAsync(sampleFrames(tools, path, { fps: 1, shape, video }).frames)
      const found = await Promise.all(frames.slice(0, 4).map((frame: SampledFrame) => opened.detect(frame)))
      opened.close()
      const expected = batch === 1 ? { runs: 0, frames: 0, most: 0 } : { runs: 1, frames: 4, most: 4 }
      expect(detector.takeRunCounts()).toEqual(expected)
      return found
    }
    const [alone, together] = [await detect(1), await detect(4)]
    expect(alone.flatMap(({ detections }) => detections).length).toBeGreaterThan(4)
    expect(together.map(({ seconds }) => seconds)).toEqual(alone.map(({ seconds }) => seconds))
    for (const [index, { detections }] of together.entries()) {
      const others = alone[index]!.detections
      expect(detections.map(({ classId }) => classId)).toEqual(others.map(({ classId }) => classId))
      for (const [at, { score, box }] of detections.entries()) {
        expect(score).toBeCloseTo(others[at]!.score, 4)
        for (const [side, value] of box.entries()) expect(value).toBeCloseTo(others[at]!.box[side]!, 4)
      }
    }
  })
})

import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { detectFiles } from '../../../src/inference/index.ts'
import type { Documents } from '../../../src/inference/index.ts'
import { planCascade } from '../../../src/inference/cascade/index.ts'
import { defaultRule, evaluate, truthOfEvents } from '../../../src/inference/evaluation/index.ts'
import { locateMediaTools, probeVideo, sampleFrames, scanPackets } from '../../../src/media/index.ts'
import type { MediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { makeVideo } from '../../support/make-video.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

let tools: MediaTools
beforeAll(async () => {
  tools = await locateMediaTools()
})

const cars = () => samplePath('videos/car-detection.mp4')
const people = () => samplePath('videos/one-by-one-person-detection.mp4')
const rule = { ...defaultRule, pairing: 'any' } as const

async function run(path: string, changes: object, threads = 2): Promise<Documents> {
  return detectFiles({
    paths: [path],
    modelPath: samplePath('models/yolov5n.pt'),
    settings: detectSettings(changes),
    outputDir: join(await tempDir(), 'out'),
    threads,
    mediaTools: tools,
    log: new QuietLog(),
  })
}

describe('footage in pieces', () => {
  it.each(['mp4', 'mkv', 'ts'])(
    'gives the frames of %s that one walk gives, pixel by pixel',
    async (extension) => {
      const path = await makeVideo(join(await tempDir(), `video.${extension}`), { seconds: 12, fps: 30 })
      const [video, scan] = [await probeVideo(tools, path), await scanPackets(tools, path)]
      const { chunks } = planCascade(video, scan, detectSettings())
      expect(chunks).toHaveLength(2)
      const shape = { width: 160, height: 128, pixelFormat: 'yuv420p' } as const
      const framesOf = (part?: object) =>
        Array.fromAsync(sampleFrames(tools, path, { stride: 1, shape, video, ...(part && { part }) }).frames)
      const whole = await framesOf()
      const pieces = (await Promise.all(chunks.map(framesOf))).flat()
      expect(pieces.map(({ seconds }) => seconds)).toEqual(whole.map(({ seconds }) => seconds))
      for (const [index, { data }] of whole.entries())
        expect(Buffer.compare(data, pieces[index]!.data)).toBe(0)
    },
  )
})

describe('the cascade', () => {
  it('finds what every frame shows, and says what it did with each', async () => {
    const dense = await run(cars(), { mode: 'dense', sampleFps: 5 })
    const hold = await run(cars(), { mode: 'auto', sampleFps: 5 })
    const { recall, coverage } = evaluate({ truth: truthOfEvents(dense), ...hold, rule }).total
    expect(recall).toBe(1)
    expect(coverage).toBeGreaterThanOrEqual(0.95)
    const [line] = hold.ledger.sources
    const { analysed = 0, unchanged = 0, agreed = 0, mode, chunks } = line?.sampling ?? {}
    expect([mode, chunks]).toEqual(['hold', 2])
    expect(analysed + unchanged + agreed).toBe(line?.frames.sampled)
    expect(analysed).toBeLessThan((dense.ledger.sources[0]?.sampling?.analysed ?? 0) / 2)
    expect(line?.gaps).toEqual([])
  }, 120_000)

  it('tells the same with one thread and with two', async () => {
    const [one, two] = [await run(cars(), {}, 1), await run(cars(), {}, 2)]
    expect(one.events.events.length).toBeGreaterThan(1)
    expect(two.events).toEqual(one.events)
  }, 120_000)

  it('reaches from keyframe to keyframe where it sees no others', async () => {
    const { events, ledger } = await run(people(), { mode: 'keyframe', sampleFps: 5 })
    // each person is on the screen for long, and the keyframes lie a second apart
    const truth = truthOfEvents(await run(people(), { sampleFps: 2 }))
    const { recall, coverage } = evaluate({ truth, events, ledger, rule }).total
    expect(recall).toBe(1)
    expect(coverage).toBeGreaterThanOrEqual(0.95)
    expect(ledger.sources[0]?.sampling).toMatchObject({
      mode: 'keyframe',
      decoding: { skipLoopFilter: true, leftOut: 'all but keyframes' },
    })
    expect(ledger.sources[0]?.gaps).toEqual([])
  }, 120_000)
})

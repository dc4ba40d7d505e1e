import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EdgeEvent, LedgerSource } from '../../../src/domain/index.ts'
import { analyse, openModel } from '../../../src/inference/index.ts'
import type { Model } from '../../../src/inference/index.ts'
import { locateMediaTools, scanPackets } from '../../../src/media/index.ts'
import type { MediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { frameTimes, makeVideo } from '../../support/make-video.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

let tools: MediaTools
let model: Model
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.onnx'))
})

async function analysed(
  path: string,
  changes: Parameters<typeof detectSettings>[0],
): Promise<{ readonly ledger: LedgerSource; readonly events: readonly EdgeEvent[] }> {
  const outputsDir = await tempDir()
  const { events, ledger } = await analyse({
    ...{ model, tools, outputsDir, threads: 2, completed: [], log: new QuietLog() },
    settings: detectSettings(changes),
    sources: [{ source: 'gate', path }],
  })
  return { events: events.events, ledger: ledger.sources[0] as LedgerSource }
}

const lengthOf = (parts: readonly { startSeconds: number; endSeconds: number }[] = []): number =>
  parts.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)

describe('a range of a file', () => {
  it.each(['mp4', 'ts', 'mkv', 'flv'])(
    'is analysed from the keyframe at or before it, to its end, with B-frames in %s',
    async (kind) => {
      const path = await makeVideo(join(await tempDir(), `gate.${kind}`), { seconds: 5 })
      const { firstSeconds, keyframeSeconds } = await scanPackets(tools, path)
      const [fromSeconds, toSeconds] = [firstSeconds + 1.55, firstSeconds + 3.25]
      const { ledger } = await analysed(path, {
        mode: 'dense',
        sampleFps: undefined,
        range: { fromSeconds, toSeconds },
        policy: { ignoreParked: false },
      })
      const key = keyframeSeconds.findLast((seconds) => seconds <= fromSeconds) ?? Number.NaN
      const times = await frameTimes(path)
      const wanted = times.filter((seconds) => seconds >= key - 0.0005 && seconds < toSeconds)
      expect(wanted.length).toBeGreaterThan(17)
      expect(ledger.frames.sampled).toBe(wanted.length)
      expect(ledger.gaps).toEqual([])
      expect(ledger.processed).toHaveLength(1)
      expect(ledger.processed[0]?.startSeconds).toBeCloseTo(fromSeconds, 5)
      expect(ledger.processed[0]?.endSeconds).toBeCloseTo(toSeconds, 5)
      expect(ledger.outside).toHaveLength(2)
      expect(lengthOf(ledger.processed) + lengthOf(ledger.outside)).toBeCloseTo(ledger.durationSeconds, 5)
    },
  )

  it('that no frame is in leaves all of the file outside, and decodes nothing', async () => {
    const path = await makeVideo(join(await tempDir(), 'gate.mp4'), { seconds: 2 })
    const { ledger, events } = await analysed(path, { range: { fromSeconds: 60 } })
    expect(events).toEqual([])
    expect(ledger).toMatchObject({ processed: [], gaps: [], outside: [{ startSeconds: 0, endSeconds: 2 }] })
    expect(ledger.frames).toMatchObject({ inFile: 20, sampled: 0 })
  })

  it('gives the event that lies in it as a run over the whole file does', async () => {
    const path = samplePath('videos/one-by-one-person-detection.mp4')
    const { ledger, events } = await analysed(path, {
      sampleFps: 5,
      range: { fromSeconds: 4.2, toSeconds: 20.9 },
    })
    expect(events).toHaveLength(1)
    const [event] = events
    // the whole file: 5.2 to 20 s
    expect(Math.abs((event?.asked.startSeconds ?? 0) - 5.2)).toBeLessThan(0.21)
    expect(Math.abs((event?.asked.endSeconds ?? 0) - 20)).toBeLessThan(0.21)
    expect(event?.label).toMatch(/^person/)
    expect(event?.clip).not.toBeNull()
    expect(ledger.outside).toEqual([
      { startSeconds: 0, endSeconds: 4.2 },
      { startSeconds: 20.9, endSeconds: 139.4 },
    ])
  }, 180_000)
})

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyse, openModel } from '../../../src/inference/index.ts'
import { locateMediaTools, probeVideo } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { ClipsSpec } from '../../../src/domain/index.ts'

async function run(clips: object, classes: readonly string[] = ['horse']) {
  const outputsDir = await tempDir()
  const tools = await locateMediaTools()
  const model = await openModel(samplePath('models/yolov5n.onnx'))
  const settings = detectSettings({ clips: ClipsSpec.parse(clips), policy: { classes } })
  const sources = [{ source: 'videos/horses.mp4', path: samplePath('videos/horses.mp4') }]
  const init = { sources, model, settings, outputsDir, tools, log: new QuietLog(), threads: 2, completed: [] }
  return { ...(await analyse(init)), outputsDir, tools }
}

describe('clips of an analysis', () => {
  it('are redacted everywhere, with previews and pictures, and all of it is told', async () => {
    const redact = { classes: ['horse'], method: 'box' }
    const spec = { redact, preview: true, contactSheet: true, timeline: true }
    const { events, ledger, outputsDir, tools } = await run(spec)
    const [event] = events.events
    expect(event).toMatchObject({
      encoding: { part: 'whole', codec: 'h264' },
      redaction: { what: ['classes'], classes: ['horse'], method: 'box' },
    })
    expect(event!.redaction!.frames).toBeGreaterThan(0.9 * event!.redaction!.framesInClip)
    expect(event!.actual!.startSeconds).toBeLessThanOrEqual(event!.asked.startSeconds)
    const [source] = ledger.sources
    const files = [event!.clip, event!.thumbnail, event!.preview, ...Object.values(source!.pictures!)]
    expect(files).toHaveLength(5)
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(outputsDir, name!))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(source!.bytesOut)
    for (const name of [event!.clip, event!.preview])
      expect(await probeVideo(tools, join(outputsDir, name!))).toMatchObject({ width: 720, height: 480 })
    expect(await readFile(join(outputsDir, source!.pictures!.timeline!), 'utf8')).toContain('horse #')
  })

  it('of a job that hides another class than it looks for has the events it has without', async () => {
    const plain = await run({})
    const hiding = await run({ redact: { classes: ['person'], heads: true } })
    const found = ({ events }: typeof plain) =>
      events.events.map(({ id, asked, tracks }) => ({ id, asked, tracks }))
    expect(found(hiding)).toEqual(found(plain))
    await expect(run({ redact: { classes: ['unicorn'] } })).rejects.toMatchObject({ code: 'spec_invalid' })
  })
})

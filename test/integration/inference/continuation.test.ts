import { appendFileSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import type { EdgeEvent, LedgerSource, Progress } from '../../../src/domain/index.ts'
import { analyse, openModel } from '../../../src/inference/index.ts'
import type { AnalyseInit, Documents, Model } from '../../../src/inference/index.ts'
import { readEarlierRun } from '../../../src/inference/pipeline/index.ts'
import { locateMediaTools } from '../../../src/media/index.ts'
import type { MediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { ffmpeg } from '../../support/make-video.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

let tools: MediaTools
let model: Model
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.onnx'))
})

/** One sampled frame. */
const stepSeconds = 0.5
const settings = detectSettings({ sampleFps: 1 / stepSeconds })

type Ran = Documents & { readonly kept: readonly boolean[] }

async function run(
  init: Pick<AnalyseInit, 'sources' | 'outputsDir'> & Partial<AnalyseInit>,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Ran> {
  const kept: boolean[] = []
  const documents = await analyse(
    { ...{ model, tools, settings, threads: 1, completed: [], log: new QuietLog() }, ...init },
    { onProgress, onFragment: (_, isEarlier) => kept.push(isEarlier) },
  )
  return { ...documents, kept }
}

async function goOn(init: Pick<AnalyseInit, 'sources' | 'outputsDir'> & Partial<AnalyseInit>): Promise<Ran> {
  const completed = (await readEarlierRun(init.outputsDir, init.sources)) ?? []
  return run({ ...init, completed, continues: true })
}

const lengthOf = (parts: readonly { startSeconds: number; endSeconds: number }[] = []): number =>
  parts.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)

function expectFullAccount({ processed, gaps, outside, durationSeconds }: LedgerSource): void {
  const told = lengthOf(processed) + lengthOf(gaps) + lengthOf(outside)
  expect(Math.abs(told - durationSeconds)).toBeLessThan(1.5e-6)
}

function expectSameEvents(events: readonly EdgeEvent[], wanted: readonly EdgeEvent[]): void {
  expect(events.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label))
  for (const [index, { asked, id }] of events.entries()) {
    const other = wanted[index] as EdgeEvent
    expect(Math.abs(asked.startSeconds - other.asked.startSeconds)).toBeLessThanOrEqual(stepSeconds + 0.001)
    expect(Math.abs(asked.endSeconds - other.asked.endSeconds)).toBeLessThanOrEqual(stepSeconds + 0.001)
    if (asked.startSeconds === other.asked.startSeconds) expect(id).toBe(other.id)
  }
}

async function clipsIn(outputsDir: string): Promise<readonly string[]> {
  const entries = await readdir(join(outputsDir, 'clips'), { recursive: true })
  return entries.filter((name) => name.endsWith('.mp4')).map((name) => `clips/${name}`)
}

it('goes on with a recording that was still being written, and tells what one run over it tells', async () => {
  const [folder, outputsDir] = [await tempDir(), await tempDir()]
  const whole = join(folder, 'whole.ts')
  const sample = samplePath('videos/one-by-one-person-detection.mp4')
  await ffmpeg(['-t', '40', '-i', `file:${sample}`, '-c', 'copy', '-f', 'mpegts', `file:${whole}`])
  const bytes = await readFile(whole)
  const path = join(folder, 'gate.ts')
  const sources = [{ source: 'gate.ts', path }]
  const part = Math.floor((bytes.length * 0.7) / 188) * 188
  await writeFile(path, bytes.subarray(0, part))

  // what a recorder writes meanwhile
  let isWritten = false
  const first = await run({ sources, outputsDir }, ({ framesDone }) => {
    if (isWritten || framesDone === 0) return
    appendFileSync(path, bytes.subarray(part, part + 188 * 20))
    isWritten = true
  })
  const [line] = first.ledger.sources as [LedgerSource]
  const gap = line.gaps.at(-1)
  expect(gap?.reason.code).toBe('still_written')
  expectFullAccount(line)
  const { fromSeconds } = line.continuation ?? { fromSeconds: Number.NaN }
  expect(gap?.reason.message).toContain(`--from ${fromSeconds}`)
  // a person is in the picture where the written part ends
  const open = first.events.events.at(-1)
  expect(open?.asked.endSeconds).toBeGreaterThan(fromSeconds)
  expect(fromSeconds).toBeCloseTo(open?.asked.startSeconds ?? Number.NaN, 2)

  await writeFile(path, bytes)
  const full = await run({ sources, outputsDir: await tempDir() })
  const [fullLine] = full.ledger.sources as [LedgerSource]
  const both = await goOn({ sources, outputsDir })
  const [merged] = both.ledger.sources as [LedgerSource]
  expect(both.kept).toEqual([false])
  expect(both.events.events.length).toBeGreaterThan(1)
  expectSameEvents(both.events.events, full.events.events)
  expect(await clipsIn(outputsDir)).toEqual(
    expect.arrayContaining(both.events.events.map(({ clip }) => clip)),
  )
  expect(await clipsIn(outputsDir)).toHaveLength(both.events.events.length)
  expect(merged).toMatchObject({ processed: fullLine.processed, gaps: [], events: both.events.events.length })
  expect(merged.continuation).toBeUndefined()
  expectFullAccount(merged)

  const again = await goOn({ sources, outputsDir })
  expect(again.kept).toEqual([true])
  expect(again.events).toEqual(both.events)

  // the same by hand: the event that was cut comes out whole in a run of its own
  const rest = await run({
    ...{ sources, outputsDir: await tempDir() },
    settings: { ...settings, range: { fromSeconds } },
  })
  expectFullAccount(rest.ledger.sources[0] as LedgerSource)
  expect(rest.ledger.sources[0]?.outside).toHaveLength(1)
  const later = full.events.events.filter(({ asked }) => asked.endSeconds > fromSeconds)
  expectSameEvents(rest.events.events, later)

  const other = goOn({ sources, outputsDir, settings: detectSettings({ sampleFps: 3 }) })
  await expect(other).rejects.toMatchObject({ code: 'output_exists' })
}, 400_000)

import { appendFileSync } from 'node:fs'
import { appendFile, copyFile, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { EventsDocument, LedgerDocument } from '../../../src/domain/index.ts'
import type { LedgerSource } from '../../../src/domain/index.ts'
import { analyse, createDetector, detectFiles, findSources, openModel } from '../../../src/inference/index.ts'
import type { AnalyseInit, Documents, Fragment, Model } from '../../../src/inference/index.ts'
import { analyseVideo } from '../../../src/inference/pipeline/analyse-video.ts'
import { locateMediaTools, probeVideo } from '../../../src/media/index.ts'
import type { MediaTools } from '../../../src/media/index.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { makeVideo } from '../../support/make-video.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

let tools: MediaTools
let model: Model
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.onnx'))
})

const horses = (): { source: string; path: string } => ({
  source: 'videos/horses.mp4',
  path: samplePath('videos/horses.mp4'),
})
const savanna = (): { source: string; path: string } => ({
  source: 'videos/empty_savanna_106x60.mp4',
  path: samplePath('videos/empty_savanna_106x60.mp4'),
})

async function run(
  init: Partial<AnalyseInit> & Pick<AnalyseInit, 'sources'>,
): Promise<Documents & { outputsDir: string; fragments: (Fragment & { isEarlier: boolean })[] }> {
  const outputsDir = init.outputsDir ?? (await tempDir())
  const fragments: (Fragment & { isEarlier: boolean })[] = []
  const documents = await analyse(
    {
      model,
      settings: detectSettings(),
      threads: 1,
      completed: [],
      tools,
      log: new QuietLog(),
      ...init,
      outputsDir,
    },
    { onFragment: (fragment, isEarlier) => fragments.push({ ...fragment, isEarlier }) },
  )
  return { ...documents, outputsDir, fragments }
}

const lengthOf = (parts: readonly { startSeconds: number; endSeconds: number }[]): number =>
  parts.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)

function expectFullAccount(source: LedgerSource): void {
  const told = lengthOf(source.processed) + lengthOf(source.gaps)
  expect(Math.abs(told - source.durationSeconds)).toBeLessThan(1.5e-6)
}

describe('the analysis of footage', () => {
  it('finds the event, cuts clip and thumbnail, and accounts for every second', async () => {
    const { events, ledger, outputsDir } = await run({ sources: [savanna(), horses()] })
    expect(events.events).toHaveLength(1)
    const [event] = events.events
    expect(event).toMatchObject({
      source: 'videos/horses.mp4',
      label: expect.stringMatching(/^horse/) as string,
    })
    expect(event!.clip).toBe(`clips/videos/horses.mp4/00h00m00.000s-${event!.label}.mp4`)
    expect(event!.actual!.startSeconds).toBeLessThanOrEqual(event!.asked.startSeconds)
    expect(event!.actual!.endSeconds).toBeGreaterThanOrEqual(event!.asked.endSeconds)
    const clip = await probeVideo(tools, join(outputsDir, event!.clip!))
    expect(Math.abs(clip.durationSeconds - lengthOf([event!.actual!]))).toBeLessThan(0.1)
    const jpeg = await readFile(join(outputsDir, event!.thumbnail!))
    expect(jpeg.subarray(0, 3).toString('hex')).toBe('ffd8ff')
    expect(ledger.sources.map(({ source }) => source)).toEqual([savanna().source, horses().source])
    for (const source of ledger.sources) {
      expectFullAccount(source)
      expect(source.gaps).toEqual([])
    }
    const bytesOut = clip.sizeBytes + jpeg.length
    expect(ledger.totals).toMatchObject({ sources: 2, events: 1, clips: 1, bytesOut, gapSeconds: 0 })
    expect(ledger.provider.name).toBe('cpu')
  })

  it('leaves both documents as it returns them, by their schemas', async () => {
    const { events, ledger, outputsDir } = await run({ sources: [savanna()] })
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(outputsDir, name), 'utf8'))
    expect(EventsDocument.parse(await read('events.json'))).toEqual(events)
    expect(LedgerDocument.parse(await read('ledger.json'))).toEqual(ledger)
  })

  it('writes a byte-identical events.json on every run, with any number of threads', async () => {
    const texts = await Promise.all(
      [1, 2].map(async (threads) => {
        const { outputsDir } = await run({ sources: [horses()], threads })
        return readFile(join(outputsDir, 'events.json'), 'utf8')
      }),
    )
    expect(texts[1]).toBe(texts[0])
  })

  it('counts in the file’s own time stamps', async () => {
    const path = samplePath('videos/delayed_start_pts.mp4')
    const { ledger } = await run({ sources: [{ source: 'late.mp4', path }] })
    expect(ledger.sources[0]!.startSeconds).toBeGreaterThan(1)
    expectFullAccount(ledger.sources[0]!)
  })

  it('keeps to the classes of the policy', async () => {
    const { events } = await run({
      sources: [horses()],
      settings: detectSettings({ policy: { classes: ['person'] } }),
    })
    expect(events.events).toEqual([])
  })

  it('refuses a class that the model does not know, with a suggestion', async () => {
    const settings = detectSettings({ policy: { classes: ['horse', 'persn'] } })
    await expect(run({ sources: [horses()], settings })).rejects.toMatchObject({
      code: 'spec_invalid',
      message: expect.stringMatching(/“persn” \(did you mean person\?\)/) as string,
    })
  })

  it('refuses two files of one name', async () => {
    await expect(run({ sources: [horses(), horses()] })).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('footage that cannot be read', () => {
  it('is one named gap for each file, and the rest goes on', async () => {
    const folder = await tempDir()
    const whole = await readFile(samplePath('videos/horses.mp4'))
    await writeFile(join(folder, 'empty.mp4'), '')
    await writeFile(join(folder, 'text.mp4'), 'this is no video\n'.repeat(100))
    await writeFile(join(folder, 'cut.mp4'), whole.subarray(0, whole.length / 2))
    await writeFile(join(folder, 'notes.txt'), 'hello')
    await mkdir(join(folder, 'deeper'))
    await copyFile(savanna().path, join(folder, 'deeper', 'good.mp4'))
    const { sources, skipped } = await findSources([{ path: folder, target: '/videos' }])
    expect(skipped).toEqual([expect.stringMatching(/^notes\.txt/)])
    const gone = { source: 'videos/gone.mp4', path: join(folder, 'gone.mp4') }
    const { ledger, fragments } = await run({ sources: [...sources, gone] })
    for (const source of ledger.sources) expectFullAccount(source)
    const gaps = Object.fromEntries(
      ledger.sources.map(({ source, gaps }) => [source, gaps.map(({ reason }) => reason.code)]),
    )
    expect(gaps).toMatchObject({
      'videos/deeper/good.mp4': [],
      'videos/empty.mp4': ['empty_file'],
      'videos/text.mp4': ['not_a_video'],
      'videos/gone.mp4': ['unreadable'],
    })
    expect(gaps['videos/cut.mp4']).toHaveLength(1)
    expect(fragments.filter(({ wasRead }) => wasRead).map(({ source }) => source)).toContain(
      'videos/deeper/good.mp4',
    )
    expect(ledger.totals.processedSeconds).toBeGreaterThan(0)
  })

  it('is analysed up to where a recording breaks off, and a gap from there', async () => {
    const folder = await tempDir()
    const path = join(folder, 'broken.mp4')
    const whole = await readFile(samplePath('videos/pedestrians_h264_g20.mp4'))
    await writeFile(path, whole.subarray(0, Math.floor(whole.length / 10)))
    const { ledger } = await run({
      sources: [{ source: 'broken.mp4', path }],
      settings: detectSettings({ sampleFps: 1 }),
    })
    const [source] = ledger.sources
    expectFullAccount(source!)
    expect(source).toMatchObject({ durationSeconds: 60, processed: [{ startSeconds: 0 }] })
    expect(source!.gaps).toEqual([
      {
        startSeconds: source!.processed[0]!.endSeconds,
        endSeconds: 60,
        reason: expect.objectContaining({ code: 'truncated' }) as unknown,
      },
    ])
    expect(source!.gaps[0]!.startSeconds).toBeGreaterThan(5)
    expect(source!.gaps[0]!.startSeconds).toBeLessThan(6.3)
  })

  it('is a gap as a whole when the file is written to meanwhile', async () => {
    const path = join(await tempDir(), 'growing.mp4')
    await copyFile(horses().path, path)
    const settings = detectSettings({ sampleFps: 1 })
    const detector = await createDetector({ model, filter: settings, threads: 1 })
    onTestFinished(() => detector.close())
    const analysis = {
      lanes: 1,
      tools,
      model,
      detector,
      settings,
      outputsDir: await tempDir(),
      log: new QuietLog(),
    }
    let written: Promise<void> | undefined
    const onFrame = (): void => {
      written ??= appendFile(path, 'more')
    }
    const fragment = await analyseVideo({ source: 'growing.mp4', path }, analysis, { onFrame })
    await written
    expect(fragment).toMatchObject({ wasRead: false, events: [], ledger: { processed: [], clips: 0 } })
    expect(fragment.ledger.gaps.map(({ reason }) => reason.code)).toEqual(['file_changed'])
    expectFullAccount(fragment.ledger)
  })

  it('does not lose the event whose clip cannot be written', async () => {
    const outputsDir = await tempDir()
    await writeFile(join(outputsDir, 'clips'), 'in the way')
    const { events, ledger } = await run({ sources: [horses()], outputsDir })
    expect(events.events[0]).toMatchObject({ clip: null, actual: null, problem: { code: 'decode_error' } })
    expect(events.events[0]!.thumbnail).not.toBeNull()
    expect(ledger.totals).toMatchObject({ events: 1, clips: 0 })
  })
})

describe('work that goes on after a break', () => {
  it('skips finished files and gives the same documents', async () => {
    const sources = [savanna(), horses()]
    const first = await run({ sources })
    const text = await readFile(join(first.outputsDir, 'events.json'), 'utf8')
    const completed = JSON.parse(JSON.stringify(first.fragments)) as Fragment[]
    const second = await run({ sources, completed, outputsDir: first.outputsDir })
    expect(second.fragments.map(({ isEarlier }) => isEarlier)).toEqual([true, true])
    expect(await readFile(join(first.outputsDir, 'events.json'), 'utf8')).toBe(text)
    expect(second.ledger).toEqual(first.ledger)
  })

  it('does a file anew when it, the settings or its clips changed', async () => {
    const path = join(await tempDir(), 'horses.mp4')
    await copyFile(horses().path, path)
    const sources = [{ source: 'horses.mp4', path }]
    const { fragments: completed, outputsDir } = await run({ sources })
    const isRedone = async (changes: Partial<AnalyseInit> = {}): Promise<boolean> =>
      !(await run({ sources, completed, outputsDir, ...changes })).fragments[0]!.isEarlier
    expect(await isRedone()).toBe(false)
    expect(await isRedone({ settings: detectSettings({ sampleFps: 1 }) })).toBe(true)
    expect(await isRedone({ outputsDir: await tempDir() })).toBe(true)
    await utimes(path, new Date(), new Date(Date.now() - 60_000))
    expect(await isRedone()).toBe(true)
  })

  it('removes clips that no event names', async () => {
    const outputsDir = await tempDir()
    const stray = join(outputsDir, 'clips', 'videos', 'old.mp4')
    await mkdir(stray, { recursive: true })
    await writeFile(join(stray, '00h00m01.000s-person.mp4'), 'x')
    await writeFile(join(stray, '.00h00m01.000s-person.mp4.abc.part'), 'x')
    await writeFile(join(stray, 'mine.txt'), 'x')
    await run({ sources: [savanna()], outputsDir })
    await expect(stat(join(stray, '00h00m01.000s-person.mp4'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(stat(join(stray, '.00h00m01.000s-person.mp4.abc.part'))).rejects.toMatchObject({
      code: 'ENOENT',
    })
    expect((await stat(join(stray, 'mine.txt'))).size).toBe(1)
  })
})

describe('detectFiles', () => {
  it('does the same in a process of its own', async () => {
    const outputDir = join(await tempDir(), 'out')
    const progress: number[] = []
    const { events } = await detectFiles({
      paths: [horses().path],
      modelPath: samplePath('models/yolov5n.onnx'),
      settings: detectSettings(),
      outputDir,
      threads: 1,
      log: new QuietLog(),
      onProgress: ({ framesDone, framesTotal, filesTotal }) => {
        progress.push(framesDone)
        expect(framesDone).toBeLessThanOrEqual(framesTotal)
        expect(filesTotal).toBe(1)
      },
    })
    const { events: same } = await run({ sources: [{ source: 'horses.mp4', path: horses().path }] })
    expect(events).toEqual(same)
    expect(progress.at(-1)).toBe(8)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  })

  it('does not write into a folder that holds something, or without a video', async () => {
    const folder = await tempDir()
    await writeFile(join(folder, 'notes.txt'), 'hello')
    const common = {
      modelPath: samplePath('models/yolov5n.onnx'),
      settings: detectSettings(),
      log: new QuietLog(),
    }
    await expect(detectFiles({ ...common, paths: [horses().path], outputDir: folder })).rejects.toMatchObject(
      {
        code: 'output_exists',
      },
    )
    const outputDir = join(folder, 'new')
    await expect(detectFiles({ ...common, paths: [folder], outputDir })).rejects.toMatchObject({
      code: 'input_empty',
    })
    await expect(detectFiles({ ...common, paths: ['/nowhere'], outputDir })).rejects.toMatchObject({
      code: 'path_missing',
    })
  })
})

describe('a recording that is still being written', () => {
  it('is analysed to its last complete group of pictures, and the rest is a gap that says so', async () => {
    const folder = await tempDir()
    const whole = await makeVideo(join(folder, 'whole.ts'), { seconds: 6 })
    const bytes = await readFile(whole)
    const path = join(folder, 'growing.ts')
    // 188 bytes a packet: what a recorder has written so far ends between two
    const part = Math.floor((bytes.length * 0.7) / 188) * 188
    await writeFile(path, bytes.subarray(0, part))
    const settings = detectSettings({ sampleFps: 1 })
    const detector = await createDetector({ model, filter: settings, threads: 1 })
    onTestFinished(() => detector.close())
    const analysis = {
      ...{ tools, model, detector, settings, lanes: 1, log: new QuietLog() },
      outputsDir: await tempDir(),
    }
    let isWritten = false
    const onFrame = (): void => {
      if (!isWritten) appendFileSync(path, bytes.subarray(part))
      isWritten = true
    }
    const first = await analyseVideo({ source: 'growing.ts', path }, analysis, { onFrame })
    expect(first.wasRead).toBe(true)
    expect(first.ledger.processed).toHaveLength(1)
    expect(first.ledger.gaps.map(({ reason }) => reason.code)).toEqual(['still_written'])
    // a keyframe each second: the complete groups end at a whole second after the first
    const { startSeconds, endSeconds } = first.ledger.processed[0]!
    const length = endSeconds - startSeconds
    expect(length).toBeCloseTo(Math.round(length), 3)
    expect(length).toBeGreaterThanOrEqual(2)
    expectFullAccount(first.ledger)
    const again = await analyseVideo({ source: 'growing.ts', path }, analysis)
    expect(again.ledger.gaps).toEqual([])
    expect(again.ledger.durationSeconds).toBeCloseTo(6, 1)
  })
})

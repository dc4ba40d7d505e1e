import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { analyse, openModel } from '../../../src/inference/index.ts'
import type {
  AnalyseInit,
  Detection,
  Documents,
  FrameDetections,
  Model,
} from '../../../src/inference/index.ts'
import { createDetector } from '../../../src/inference/detector/index.ts'
import type { DetectorInit, DetectorParts } from '../../../src/inference/detector/index.ts'
import { sessionInit } from '../../../src/inference/detector/frame-runner.ts'
import type { RunnerInit } from '../../../src/inference/detector/frame-runner.ts'
import { openRunner } from '../../../src/inference/detector/open-runner.ts'
import { ProcessRunner } from '../../../src/inference/detector/process-runner.ts'
import type { SessionInit } from '../../../src/inference/detector/session.ts'
import { WorkerPool } from '../../../src/inference/detector/worker-pool.ts'
import { letterbox, locateMediaTools, probeVideo, sampleFrames } from '../../../src/media/index.ts'
import type { FrameShape, MediaTools, SampledFrame, VideoInfo } from '../../../src/media/index.ts'
import type { FailingWorkerData } from '../../fixtures/failing-detection-worker.ts'
import { detectSettings } from '../../support/detect-settings.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
const stub = fileURLToPath(new URL('../../fixtures/stub-sidecar.mjs', import.meta.url))
const path = samplePath('videos/horses.mp4')

let tools: MediaTools
let model: Model
let video: VideoInfo
let expected: readonly FrameDetections[]
beforeAll(async () => {
  tools = await locateMediaTools()
  model = await openModel(samplePath('models/yolov5n.pt'))
  video = await probeVideo(tools, path)
  const detector = await createDetector({ model, filter, threads: 2, provider: 'cpu' })
  expected = await Array.fromAsync(detector.detect(frames(), video))
  await detector.close()
})

const frames = (): AsyncIterable<SampledFrame> =>
  sampleFrames(tools, path, { fps: 2, shape: model.shapeFor(video), video }).frames

/** What cuda is given to run, for the cpu. */
function cudaOnCpu(init: RunnerInit, shape: FrameShape): SessionInit {
  return { ...sessionInit('cuda', init, shape), provider: 'cpu', config: 'cpu' }
}

const inOnes = { fp16: false, engineCache: false, batch: 1 }

/** Providers where cuda is the cpu’s session in a worker that fails, and everything “loads”. */
function partsWhereCudaFails(how: FailingWorkerData['how'], failAt: number, alsoCpu = false): DetectorParts {
  return {
    offered: () => Promise.resolve(['cpu', 'cuda']),
    tryProvider: () => Promise.resolve({ loads: true, msPerFrame: 1 }),
    openRunner: (name, init, shape) =>
      name === 'cpu' && !alsoCpu
        ? openRunner(name, init, shape)
        : WorkerPool.open({
            module: new URL('../../fixtures/failing-detection-worker.ts', import.meta.url),
            size: 1,
            workerData: { ...cudaOnCpu(init, shape), failAt, how } satisfies FailingWorkerData,
          }),
  }
}

async function detectAll(
  init: Partial<DetectorInit>,
  parts?: DetectorParts,
): Promise<{ found: FrameDetections[]; detector: Awaited<ReturnType<typeof createDetector>> }> {
  const detector = await createDetector(
    { model, filter, threads: 2, providerOptions: inOnes, ...init },
    parts,
  )
  onTestFinished(() => detector.close())
  return { found: await Array.fromAsync(detector.detect(frames(), video)), detector }
}

describe('a provider that fails in mid-run', () => {
  it.each(['exit', 'throw', 'nan', 'uncaught'] as const)(
    'is left for the next, which gets the same frames again (%s)',
    async (how) => {
      const { found, detector } = await detectAll({ provider: ['cuda', 'cpu'] }, partsWhereCudaFails(how, 4))
      expect(found).toEqual(expected)
      expect(found.length).toBeGreaterThan(6)
      expect(detector.provider.name).toBe('cpu')
      const [change] = detector.changes
      expect(detector.changes).toHaveLength(1)
      expect(change).toMatchObject({ from: 'cuda', to: 'cpu' })
      // The fourth frame, or one that waited behind it when the thread ended.
      expect(found.slice(2, 6).map(({ seconds }) => seconds)).toContain(change!.atSeconds)
      expect(change!.reason.length).toBeGreaterThan(10)
    },
  )

  it.each(['exit', 'throw'] as const)(
    'is left with every frame of the batch that it fails at, which the next gets again (%s)',
    async (how) => {
      const { found, detector } = await detectAll(
        { provider: ['cuda', 'cpu'], providerOptions: { ...inOnes, batch: 4 }, threads: 1 },
        partsWhereCudaFails(how, 2),
      )
      expect(found.map(({ seconds }) => seconds)).toEqual(expected.map(({ seconds }) => seconds))
      for (const [index, { detections }] of found.entries())
        expectAlike(detections, expected[index]!.detections)
      expect(detector.changes).toHaveLength(1)
      expect(detector.changes[0]).toMatchObject({ from: 'cuda', to: 'cpu' })
      expect(detector.takeRunCounts().most).toBe(4)
    },
  )

  it('is left when its process crashes, which ends nothing else', async () => {
    const parts = partsWhereCudaFails('exit', 4)
    const module = new URL('../../fixtures/crashing-detection-process.ts', import.meta.url)
    const { found, detector } = await detectAll(
      { provider: ['cuda', 'cpu'] },
      {
        ...parts,
        openRunner: (name, init, shape) =>
          name === 'cpu'
            ? openRunner(name, init, shape)
            : ProcessRunner.open({ ...cudaOnCpu(init, shape), provider: 'cuda' }, { module }),
      },
    )
    expect(found).toEqual(expected)
    expect(detector.changes).toEqual([
      {
        ...{ from: 'cuda', to: 'cpu', atSeconds: expect.any(Number) as number },
        reason: 'the process of the execution provider cuda ended with SIGSEGV',
      },
    ])
  })

  it('is left when it fails for footage of another shape, while others are under way', async () => {
    const detector = await createDetector(
      { model, filter, threads: 1, provider: ['cuda', 'cpu'], providerOptions: inOnes },
      partsWhereCudaFails('exit', 2),
    )
    onTestFinished(() => detector.close())
    const size = { width: 640, height: 640 }
    const grey = (index: number): SampledFrame => ({
      index,
      seconds: index,
      data: new Uint8Array(614_400).fill(128),
    })
    const [wide, square] = await Promise.all([detector.open(video), detector.open(size)])
    const runs = await Promise.all([
      Array.fromAsync(frames(), (frame) => wide.detect(frame)),
      Promise.all([0, 1, 2].map((index) => square.detect(grey(index)))),
    ])
    expect(runs[0].length).toBeGreaterThan(6)
    expect(runs[1].map(({ index }) => index)).toEqual([0, 1, 2])
    expect(detector.changes).toHaveLength(1)
    wide.close()
    square.close()
  })

  it('is an error when it was asked for alone, never nothing found', async () => {
    await expect(detectAll({ provider: 'cuda' }, partsWhereCudaFails('exit', 3))).rejects.toMatchObject({
      code: 'engine_crashed',
    })
  })

  it('is an error with every reason when the last one fails too', async () => {
    const parts = partsWhereCudaFails('throw', 3, true)
    await expect(detectAll({ provider: ['cuda', 'cpu'] }, parts)).rejects.toMatchObject({
      code: 'engine_crashed',
      message: expect.stringMatching(/^every execution provider failed: cuda: .*; cpu: /) as string,
    })
  })
})

async function run(init: Partial<AnalyseInit>): Promise<Documents & { text: string; log: QuietLog }> {
  const outputsDir = await tempDir()
  const log = new QuietLog()
  const documents = await analyse({
    sources: [{ source: 'horses.mp4', path }],
    settings: detectSettings({ provider: ['sidecar', 'cpu'] }),
    ...{ model, threads: 1, completed: [], tools, log, outputsDir },
    ...init,
  })
  return { ...documents, log, text: await readFile(join(outputsDir, 'events.json'), 'utf8') }
}

/** The same objects; scores and boxes within what reordered sums of float32 give. */
function expectAlike(a: readonly Detection[], b: readonly Detection[]): void {
  expect(a.map(({ classId }) => classId)).toEqual(b.map(({ classId }) => classId))
  for (const [index, { score, box }] of a.entries()) {
    expect(score).toBeCloseTo(b[index]!.score, 4)
    for (const [at, value] of box.entries()) expect(value).toBeCloseTo(b[index]!.box[at]!, 4)
  }
}

/** What the cpu finds in each frame, as the stub is to answer it: in pixels of 640 x 640. */
async function answersFile(): Promise<string> {
  const { found } = await detectAll({ provider: 'cpu', filter: { ...filter, scoreThreshold: 0.1 } })
  const shape = model.shapeFor(video)
  const { scaledWidth, scaledHeight, padX, padY } = letterbox(video, shape)
  const left = padX + (640 - shape.width) / 2
  const top = padY + (640 - shape.height) / 2
  const names = ['person', 'horse', 'dog'].map((name) => model.classes.indexOf(name))
  const lists = found.map(({ detections }) =>
    detections
      .filter(({ classId }) => names.includes(classId))
      .map(({ box: [x, y, w, h], score, classId }) => [
        ...[(x - w / 2) * scaledWidth + left, (y - h / 2) * scaledHeight + top],
        ...[(x + w / 2) * scaledWidth + left, (y + h / 2) * scaledHeight + top],
        ...[score, names.indexOf(classId)],
      ]),
  )
  const file = join(await tempDir(), 'answers.json')
  await writeFile(file, JSON.stringify(lists))
  return file
}

/** Dense: the stub plays an answer for every sampled frame, in their order. */
const wanted = {
  ...{ mode: 'dense' as const, provider: ['sidecar', 'cpu'] as ['sidecar', 'cpu'] },
  policy: { classes: ['horse'] },
}

describe('the analysis with a sidecar', () => {
  it('finds the same events when it dies in the middle of the run, and the ledger says so', async () => {
    const answers = await answersFile()
    const settings = detectSettings(wanted)
    const cpu = await run({ settings: detectSettings({ ...wanted, provider: 'cpu' }) })
    const command = [process.execPath, stub, 'play', answers]
    const whole = await run({ settings, accelerators: { sidecar: command } })
    const broken = await run({ settings, accelerators: { sidecar: [...command, '5'] } })
    expect(cpu.events.events).toHaveLength(1)
    expect(cpu.ledger.sources[0]!.providerChanges).toBeUndefined()
    expect(whole.ledger.provider).toMatchObject({ name: 'sidecar', reason: 'the first of the list' })
    expect(whole.ledger.provider.notes[0]).toBe('the sidecar stub runs a model of its own, not yolov5n')
    expect(whole.ledger.sources[0]!.providerChanges).toBeUndefined()
    expect(broken.text).toBe(cpu.text)
    expect(broken.ledger.sources[0]!.frames).toEqual(cpu.ledger.sources[0]!.frames)
    expect(broken.ledger.provider.name).toBe('sidecar')
    expect(broken.ledger.sources[0]!.providerChanges).toEqual([
      {
        ...{ from: 'sidecar', to: 'cpu', atSeconds: expect.any(Number) as number },
        reason: expect.stringContaining('it ended with code 3') as string,
      },
    ])
    expect(broken.log.lines.map(({ message }) => message)).toContain(
      'an execution provider failed; the next goes on',
    )
  })

  it('goes on without a sidecar that is not configured, when the list says so', async () => {
    const { ledger } = await run({ settings: detectSettings(wanted) })
    expect(ledger.provider).toMatchObject({
      name: 'cpu',
      reason: 'the first of the list that works here',
      refused: [{ name: 'sidecar', reason: 'no detector sidecar is configured on this machine' }],
    })
  })

  it('does not run without it when it alone was asked for', async () => {
    await expect(run({ settings: detectSettings({ provider: 'sidecar' }) })).rejects.toMatchObject({
      code: 'provider_unavailable',
    })
  })
})

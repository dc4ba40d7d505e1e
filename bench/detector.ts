/**
 * Milliseconds a frame of the detector alone: `node bench/detector.ts [models and one video]`, by default the exported
 * and the imported yolov5n on 16:9 footage; checkpoints also in int8, calibrated on the frames that are measured.
 * `--batch 1,4,8` measures each that can with so many frames in one run, `--provider cuda` another provider than the cpu.
 * All configurations take turns in each round, so that what else the machine does hits all alike. The frames are decoded
 * before the clock starts, and copied for each walk, since the detector takes their buffers.
 */
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { OnnxEngineSpec, ProviderOptions } from '../src/domain/index.ts'
import { knownRanges, observeFrames } from '../src/inference/calibration/index.ts'
import { createDetector, openModel } from '../src/inference/index.ts'
import type { Detector, Model } from '../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../src/media/index.ts'
import type { FrameShape, SampledFrame } from '../src/media/index.ts'
import { samplePath } from '../test/support/sample.ts'

const isModel = (path: string): boolean => /\.(pt|onnx)$/i.test(path)
const { values: flags, positionals: named } = parseArgs({
  options: { batch: { type: 'string', default: '1' }, provider: { type: 'string', default: 'cpu' } },
  allowPositionals: true,
})
const batches = flags.batch.split(',').map((text) => ProviderOptions.parse({ batch: Number(text) }))
const provider = OnnxEngineSpec.shape.provider.parse(flags.provider)
const models = named.some(isModel)
  ? named.filter(isModel)
  : [samplePath('models/yolov5n.onnx'), samplePath('models/yolov5n.pt')]
const videoPath = named.find((path) => !isModel(path)) ?? samplePath('videos/traffic_camera.mp4')
const rounds = 7
const frameCount = 40

const tools = await locateMediaTools()
const video = await probeVideo(tools, videoPath)

async function framesOf(shape: FrameShape): Promise<readonly SampledFrame[]> {
  const frames: SampledFrame[] = []
  for await (const frame of sampleFrames(tools, videoPath, { fps: 10, shape, video }).frames) {
    frames.push(frame)
    if (frames.length === frameCount) break
  }
  return frames
}

async function* copies(of: readonly SampledFrame[]): AsyncGenerator<SampledFrame> {
  for (const frame of of) yield await Promise.resolve({ ...frame, data: Uint8Array.from(frame.data) })
}

interface Contestant {
  readonly name: string
  readonly threads: number
  readonly batch: number
  readonly detector: Detector
  readonly frames: readonly SampledFrame[]
  readonly msPerFrame: number[]
  detections: number
}

async function enter(modelPath: string): Promise<Contestant[]> {
  const model = await openModel(modelPath)
  const shape = model.shapeFor(video)
  const frames = await framesOf(shape)
  const float = await enterAs(model, frames)
  if (model.quantising === undefined || provider !== 'cpu') return float
  const data = frames.map((frame) => frame.data)
  const ranges = await observeFrames(model.quantising, shape, data)
  const int8 = { ...model, ...model.quantising.apply(knownRanges(shape, ranges)) }
  return [...float, ...(await enterAs(int8, frames))]
}

async function enterAs(model: Model, frames: readonly SampledFrame[]): Promise<Contestant[]> {
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const shape = model.shapeFor(video)
  const { precision } = model.graphFor(shape)
  const name = `${basename(model.path)} ${precision} ${shape.width}x${shape.height} ${shape.pixelFormat}`
  const counts = provider === 'cpu' ? [...new Set([1, availableParallelism()])] : [1]
  const ways = counts.flatMap((threads) => batches.map((providerOptions) => ({ threads, providerOptions })))
  const entered: Contestant[] = []
  for (const { threads, providerOptions } of ways) {
    const detector = await createDetector({ model, filter, provider, threads, providerOptions })
    const opened = await detector.open(video)
    const { batch } = opened
    opened.close()
    // What takes one frame at a time whatever is asked is entered once.
    if (entered.some((other) => other.threads === threads && other.batch === batch)) await detector.close()
    else entered.push({ name, threads, batch, detector, frames, msPerFrame: [], detections: 0 })
  }
  return entered
}

async function walk(contestant: Contestant): Promise<void> {
  const { detector, frames, msPerFrame } = contestant
  const startedAtMs = performance.now()
  let found = 0
  for await (const { detections } of detector.detect(copies(frames), video)) found += detections.length
  msPerFrame.push((performance.now() - startedAtMs) / frames.length)
  contestant.detections = found
}

const contestants = (await Promise.all(models.map(enter))).flat()
for (let round = 0; round <= rounds; round++) for (const contestant of contestants) await walk(contestant)
await Promise.all(contestants.map(({ detector }) => detector.close()))

console.log(`${basename(videoPath)} ${video.width}x${video.height}, ${frameCount} frames, ${rounds} rounds`)
console.log(`${'model'.padEnd(40)} workers  batch  best ms  median ms  frames/s  detections`)
for (const { name, threads, batch, msPerFrame, detections } of contestants) {
  // The first walk warms up.
  const ordered = msPerFrame.slice(1).sort((a, b) => a - b)
  const best = ordered[0] ?? Number.NaN
  const median = ordered[Math.floor(rounds / 2)] ?? Number.NaN
  const cells = [
    name.padEnd(40),
    String(threads).padStart(7),
    String(batch).padStart(6),
    best.toFixed(1).padStart(8),
    median.toFixed(1).padStart(10),
    (1000 / best).toFixed(1).padStart(9),
    String(detections).padStart(11),
  ]
  console.log(cells.join(' '))
}

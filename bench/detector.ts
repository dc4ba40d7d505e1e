/**
 * Milliseconds a frame of the detector alone, for one and more threads: `node bench/detector.ts [model] [video]`. The
 * frames are decoded before the clock starts, and copied for each run, since the detector takes their buffers.
 */
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { createDetector, openModel } from '../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../src/media/index.ts'
import type { SampledFrame } from '../src/media/index.ts'
import { samplePath } from '../test/support/sample.ts'

const [modelPath = samplePath('models/yolov5n.onnx'), videoPath = samplePath('videos/horses.mp4')] =
  process.argv.slice(2)
const rounds = 3
const warmUpFrames = 4

const tools = await locateMediaTools()
const model = await openModel(modelPath)
const video = await probeVideo(tools, videoPath)
const frames: SampledFrame[] = []
for await (const frame of sampleFrames(tools, videoPath, {
  fps: 10,
  shape: model.description.inputShape,
  video,
}).frames) {
  frames.push(frame)
  if (frames.length === 60) break
}

async function* copies(of: readonly SampledFrame[]): AsyncGenerator<SampledFrame> {
  for (const frame of of) yield await Promise.resolve({ ...frame, data: Uint8Array.from(frame.data) })
}

interface Timing {
  readonly threads: number
  readonly msPerFrame: readonly number[]
  readonly detections: number
}

async function measure(threads: number): Promise<Timing> {
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const detector = await createDetector({ model, filter, threads })
  try {
    const walk = async (of: readonly SampledFrame[]): Promise<number> => {
      let found = 0
      for await (const { detections } of detector.detect(copies(of), video)) found += detections.length
      return found
    }
    await walk(frames.slice(0, warmUpFrames * threads))
    const msPerFrame: number[] = []
    let detections = 0
    for (let round = 0; round < rounds; round++) {
      const startedAtMs = performance.now()
      detections = await walk(frames)
      msPerFrame.push((performance.now() - startedAtMs) / frames.length)
    }
    return { threads, msPerFrame: msPerFrame.toSorted((a, b) => a - b), detections }
  } finally {
    await detector.close()
  }
}

const { width, height } = model.description.inputShape
console.log(
  `${model.identity.name} ${width}x${height} on ${basename(videoPath)}, ${frames.length} frames, ${rounds} rounds`,
)
console.log('threads  best ms  median ms  frames/s  detections')
const counts = [...new Set([1, 2, availableParallelism()])].filter(
  (threads) => threads <= availableParallelism(),
)
for (const threads of counts) {
  const { msPerFrame, detections } = await measure(threads)
  const best = msPerFrame[0] ?? Number.NaN
  const median = msPerFrame[Math.floor(rounds / 2)] ?? Number.NaN
  const cells = [
    String(threads).padStart(7),
    best.toFixed(1).padStart(8),
    median.toFixed(1).padStart(10),
    (1000 / best).toFixed(1).padStart(9),
    String(detections).padStart(11),
  ]
  console.log(cells.join(' '))
}

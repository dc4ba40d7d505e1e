/**
 * Mean average precision on coco128: `node bench/coco-map.ts [--precision int8] [model] [coco128 folder]`. Squares of 640 as val.py of
 * YOLOv5 takes them, and its thresholds (conf .001, iou .6, 300 boxes). Where the folder holds val.py’s own predictions
 * (`reference/`), these are measured the same way, with all their boxes and with the best class of each box only: the
 * detector gives one class a box.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { knownRanges, observeFrames } from '../src/inference/calibration/index.ts'
import { createDetector, openModel } from '../src/inference/index.ts'
import type { Model } from '../src/inference/index.ts'
import { letterbox, locateMediaTools } from '../src/media/index.ts'
import type { FrameShape } from '../src/media/index.ts'
import { samplePath } from '../test/support/sample.ts'
import { meanAveragePrecision } from './mean-average-precision.ts'
import type { LabelledImage, Prediction } from './mean-average-precision.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { precision: { type: 'string', default: 'float' } },
})
const [modelPath = samplePath('models/yolov5n.pt'), folder = samplePath('coco128/')] = positionals
const run = promisify(execFile)
const tools = await locateMediaTools()
const opened = await openModel(modelPath)
const { pixelFormat } = opened.shapeFor({ width: 1, height: 1 })
const shape: FrameShape = { width: 640, height: 640, pixelFormat }
/** Every 4th picture shows the ranges for int8; figures are also given without these. */
const calibrationStep = 4
const files = readdirSync(join(folder, 'images')).sort()
const model = await inPrecision(values.precision)
const detector = await createDetector({
  model,
  filter: { scoreThreshold: 0.001, iouThreshold: 0.6, maxDetections: 300 },
  provider: 'cpu',
})

async function inPrecision(precision: string): Promise<Model> {
  const float = { ...opened, shapeFor: () => shape }
  if (precision === 'float') return float
  if (precision !== 'int8' || opened.quantising === undefined)
    throw new Error(`--precision ${precision} of ${modelPath}: float, or int8 of a checkpoint`)
  const frames: Uint8Array[] = []
  for (const file of files.filter((_, index) => index % calibrationStep === 0))
    frames.push((await frameOf(join(folder, 'images', file))).frame)
  const ranges = await observeFrames(opened.quantising, shape, frames)
  return { ...float, ...opened.quantising.apply(knownRanges(shape, ranges)), shapeFor: () => shape }
}

function numbersOf(path: string): number[][] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.filter((line) => line !== '').map((line) => line.split(' ').map(Number))
}

async function frameOf(path: string) {
  const size = await sizeOf(path)
  const { scaledWidth, scaledHeight, padX, padY } = letterbox(size, shape)
  const filter = `scale=${scaledWidth}:${scaledHeight}:flags=bilinear,pad=640:640:${padX}:${padY}:color=0x727272,format=${pixelFormat}`
  const args = ['-nostdin', '-v', 'error', '-i', `file:${path}`, '-vf', filter, '-f', 'rawvideo', 'pipe:1']
  const { stdout } = await run(tools.ffmpeg.path, args, { encoding: 'buffer', maxBuffer: 2 ** 24 })
  return { size, frame: Uint8Array.from(stdout) }
}

async function predict(path: string): Promise<Prediction[]> {
  const { size, frame } = await frameOf(path)
  const frames = (async function* () {
    yield await Promise.resolve({ index: 0, seconds: 0, data: frame })
  })()
  const predictions: Prediction[] = []
  for await (const { detections } of detector.detect(frames, size)) predictions.push(...detections)
  return predictions
}

async function sizeOf(path: string): Promise<{ width: number; height: number }> {
  const entries = ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0']
  const { stdout } = await run(tools.ffprobe.path, [...entries, `file:${path}`])
  const [width = 0, height = 0] = stdout.split(',').map(Number)
  return { width, height }
}

/** What is written twice counts once, as in YOLOv5 (utils/dataloaders.py, verify_image_label). */
function labelsOf(name: string): LabelledImage['labels'] {
  const lines = new Set(numbersOf(join(folder, 'labels', `${name}.txt`)).map((numbers) => numbers.join(' ')))
  return [...lines].map((line) => {
    const [classId, x, y, w, h] = line.split(' ').map(Number)
    return { classId: classId!, box: [x!, y!, w!, h!] as const }
  })
}

function referenceOf(name: string): Prediction[] {
  return numbersOf(join(folder, 'reference', `${name}.txt`)).map(([classId, x, y, w, h, score]) => ({
    classId: classId!,
    score: score!,
    box: [x!, y!, w!, h!],
  }))
}

/** Of predictions with the same box, which differ in their class only, the best. */
function bestClass(predictions: readonly Prediction[]): Prediction[] {
  const best = new Map<string, Prediction>()
  for (const one of predictions) {
    const key = one.box.join(' ')
    if ((best.get(key)?.score ?? 0) < one.score) best.set(key, one)
  }
  return [...best.values()]
}

const ours: LabelledImage[] = []
const reference: LabelledImage[] = []
for (const file of files) {
  const name = file.replace(/\.\w+$/, '')
  const path = join(folder, 'images', file)
  const labels = labelsOf(name)
  const size = await sizeOf(path)
  ours.push({ size, labels, predictions: await predict(path) })
  reference.push({ size, labels, predictions: referenceOf(name) })
}
await detector.close()

function report(title: string, images: readonly LabelledImage[]): void {
  const { map50, map } = meanAveragePrecision(images)
  const boxes = images.reduce((sum, { predictions }) => sum + predictions.length, 0)
  console.log(`${title.padEnd(40)} mAP50 ${map50.toFixed(4)}  mAP50-95 ${map.toFixed(4)}  (${boxes} boxes)`)
}
console.log(`${opened.identity.name} ${values.precision} on ${ours.length} images, 640x640 ${pixelFormat}`)
report('this detector', ours)
const unseen = (images: readonly LabelledImage[]) =>
  images.filter((_, index) => index % calibrationStep !== 0)
if (values.precision === 'int8') report('this detector, images int8 has not seen', unseen(ours))
if (existsSync(join(folder, 'reference'))) {
  report('val.py’s predictions', reference)
  if (values.precision === 'int8') report('val.py’s predictions, the same images', unseen(reference))
  report(
    'val.py’s predictions, one class a box',
    reference.map((image) => ({ ...image, predictions: bestClass(image.predictions) })),
  )
}

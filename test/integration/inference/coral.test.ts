import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDetector, openModel } from '../../../src/inference/index.ts'
import type { FrameDetections } from '../../../src/inference/index.ts'
import { locateMediaTools, probeVideo, sampleFrames } from '../../../src/media/index.ts'
import { samplePath } from '../../support/sample.ts'

const program = fileURLToPath(new URL('../../../docker/coral/sidecar.py', import.meta.url))
const labels = fileURLToPath(new URL('../../../docker/coral/coco.txt', import.meta.url))

/** How TFLite is to be had here: by its Python package, or by its C library that EDGE_TFLITE_LIBRARY names. */
function tfliteArguments(): readonly string[] | undefined {
  const does = (code: string): boolean => spawnSync('python3', ['-c', code]).status === 0
  if (!does('import numpy')) return undefined
  const library = process.env['EDGE_TFLITE_LIBRARY']
  if (library !== undefined) return ['--cpu', '--library', library]
  return does('import tflite_runtime') || does('import ai_edge_litert') ? ['--cpu'] : undefined
}

const tflite = tfliteArguments()
if (tflite === undefined)
  console.log(
    'not run: TFLite in the reference sidecar; it wants python3 with numpy, and tflite_runtime or a C library ' +
      'that EDGE_TFLITE_LIBRARY names (npm package tfjs-tflite-node holds one)',
  )

async function detections(sidecar: readonly string[], name: 'cpu' | 'sidecar'): Promise<FrameDetections[]> {
  const tools = await locateMediaTools()
  const path = samplePath('videos/dog_person.mp4')
  const video = await probeVideo(tools, path)
  const model = await openModel(samplePath('models/yolov5n.pt'))
  const detector = await createDetector({
    ...{ model, provider: name, accelerators: { sidecar }, threads: 1 },
    filter: { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 },
  })
  onTestFinished(() => detector.close())
  const { frames } = sampleFrames(tools, path, { fps: 1, shape: model.shapeFor(video), video })
  return Array.fromAsync(detector.detect(frames, video))
}

describe('the reference sidecar', () => {
  const command = (model: string): readonly string[] => [
    ...['python3', program, '--labels', labels, '--model', samplePath(`models/${model}`)],
    ...(tflite ?? []),
  ]

  it.skipIf(tflite === undefined)('finds with the int8 model what the float model finds', async () => {
    const [cpu, coral] = [
      await detections([], 'cpu'),
      await detections(command('yolov5n-int8.tflite'), 'sidecar'),
    ]
    expect(coral).toHaveLength(cpu.length)
    const sure = cpu.flatMap((frame, at) =>
      frame.detections
        .filter(({ score }) => score >= 0.6)
        .map((one) => ({ one, among: coral[at]!.detections })),
    )
    expect(sure.length).toBeGreaterThan(8)
    const found = sure.filter(({ one, among }) =>
      among.some(
        ({ classId, box }) =>
          classId === one.classId && box.every((number, at) => Math.abs(number - one.box[at]!) < 0.05),
      ),
    )
    expect(found.length / sure.length).toBeGreaterThanOrEqual(0.9)
  })

  it.skipIf(tflite === undefined)('says that a model for the Edge TPU does not run without one', async () => {
    await expect(detections(command('sandhya-yolov5n-int8_edgetpu.tflite'), 'sidecar')).rejects.toMatchObject(
      {
        code: 'provider_unavailable',
        message: expect.stringContaining('on the CPU') as string,
      },
    )
  })

  it.skipIf(tflite === undefined)('says so when the labels do not fit the model', async () => {
    await expect(detections(command('y1-yolov5n320-int8.tflite'), 'sidecar')).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('80 labels need 85 columns') as string,
    })
  })
})

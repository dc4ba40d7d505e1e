import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { EdgeError } from '../../domain/errors.ts'
import type { ModelDescription } from '../model/model-description.ts'
import type { DetectionFilter } from './detection.ts'
import { gbrToRgbFloat, wrongFrame } from './frame-to-tensor.ts'
import { packedBoxLength } from './map-boxes.ts'
import { suppressOverlaps } from './non-max-suppression.ts'
import type { ExplicitProvider } from './provider.ts'
import { readBoxes } from './read-boxes.ts'
import type { PixelBox } from './read-boxes.ts'
import { readHeads } from './read-heads.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-pool.ts'

/** What one detection worker is started with. */
export interface DetectionWorkerData {
  readonly modelPath: string
  readonly modelBytes: Uint8Array
  readonly description: ModelDescription
  readonly provider: ExplicitProvider
  readonly filter: DetectionFilter
}

/** One ONNX Runtime session and its buffers: a frame goes in, packed boxes come out. */
async function openSession(data: DetectionWorkerData): Promise<(frame: Uint8Array) => Promise<Float64Array>> {
  const { description, filter } = data
  const session = await createSession(data)
  const toTensor = frameReader(description)
  const { output, inputName, classes } = description
  const names = output.kind === 'boxes' ? [output.name] : output.levels.map(({ name }) => name)
  return async (frame) => {
    const answer = await session.run({ [inputName]: toTensor(frame) }, names)
    return pack(suppressOverlaps(readOutput(answer, output, classes.length, filter), filter))
  }
}

/** Makes the input of a frame; the one before is overwritten. */
function frameReader({ inputShape }: ModelDescription): (frame: Uint8Array) => ort.Tensor {
  const { width, height, pixelFormat } = inputShape
  if (pixelFormat === 'yuv420p') {
    const dims = [1, (height * 3) / 2, width]
    return (frame) => {
      const expected = (width * height * 3) / 2
      if (frame.length !== expected) throw wrongFrame(frame.length, expected)
      return new ort.Tensor('uint8', frame, dims)
    }
  }
  const pixels = new Float32Array(3 * width * height)
  const input = new ort.Tensor('float32', pixels, [1, 3, height, width])
  return (frame) => {
    gbrToRgbFloat(frame, pixels)
    return input
  }
}

function readOutput(
  answer: ort.InferenceSession.OnnxValueMapType,
  output: ModelDescription['output'],
  classes: number,
  filter: DetectionFilter,
): PixelBox[] {
  const numbersOf = (name: string, count: number): Float32Array => {
    const { data, dims } = answer[name] ?? { data: undefined, dims: [] }
    if (data instanceof Float32Array && data.length === count) return data
    throw new EdgeError('model_invalid', `the model answered [${String(dims)}], not what it announced`)
  }
  const columns = 5 + classes
  switch (output.kind) {
    case 'boxes':
      return readBoxes(numbersOf(output.name, output.rows * columns), classes, filter)
    case 'heads': {
      const maps = output.levels.map((level) => {
        const count = level.anchors.length * columns * level.rows * level.columns
        return { ...level, data: numbersOf(level.name, count) }
      })
      return readHeads(maps, classes, filter)
    }
  }
}

async function createSession({ modelPath, modelBytes, provider }: DetectionWorkerData) {
  try {
    return await ort.InferenceSession.create(modelBytes, {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    if (provider === 'cpu') {
      throw new EdgeError('model_invalid', `ONNX Runtime does not take the model ${modelPath}: ${message}`, {
        cause,
      })
    }
    throw new EdgeError(
      'provider_unavailable',
      `the execution provider ${provider} does not work here: ${message}`,
      {
        cause,
        details: { provider },
      },
    )
  }
}

function pack(boxes: readonly PixelBox[]): Float64Array {
  const packed = new Float64Array(boxes.length * packedBoxLength)
  for (const [index, { left, top, right, bottom, score, classId }] of boxes.entries()) {
    packed.set([left, top, right, bottom, score, classId], index * packedBoxLength)
  }
  return packed
}

/** Serves detection requests until the thread is ended. A body is one frame; frames are taken one after another. */
async function serve(data: DetectionWorkerData, post: (answer: WorkerAnswer) => void): Promise<void> {
  const detect = await openSession(data)
  let last = Promise.resolve()
  parentPort?.on('message', ({ id, body }: WorkerRequest) => {
    last = last.then(async () => {
      try {
        post({ kind: 'result', id, value: await detect(body as Uint8Array) })
      } catch (error) {
        post({ kind: 'error', id, error: EdgeError.from(error).toJSON() })
      }
    })
  })
  post({ kind: 'ready' })
}

const port = parentPort
if (port !== null) {
  const post = (answer: WorkerAnswer): void => {
    port.postMessage(answer)
  }
  serve(workerData as DetectionWorkerData, post).catch((error: unknown) => {
    post({ kind: 'error', error: EdgeError.from(error).toJSON() })
  })
}

import ort from 'onnxruntime-node'
import { EdgeError } from '../../domain/errors.ts'
import type { ModelDescription } from '../model/model-description.ts'
import type { DetectionFilter } from './detection.ts'
import { gbrToRgbFloat, wrongFrame } from './frame-to-tensor.ts'
import { packBoxes } from './map-boxes.ts'
import { suppressOverlaps } from './non-max-suppression.ts'
import type { RuntimeProvider } from './provider.ts'
import { readBoxes } from './read-boxes.ts'
import type { PixelBox } from './read-boxes.ts'
import { readHeads } from './read-heads.ts'
import type { SessionProvider } from './session-config.ts'

/** What a session is made of. */
export interface SessionInit {
  readonly modelPath: string
  readonly modelBytes: Uint8Array
  readonly description: ModelDescription
  readonly provider: RuntimeProvider
  /** As the runtime takes it. */
  readonly config: SessionProvider
  readonly filter: DetectionFilter
}

/**
 * One ONNX Runtime session and its buffers: a frame goes in, packed boxes come out. Throws `provider_unavailable` or
 * `model_invalid` where it does not open; a frame rejects with `engine_crashed` when the provider fails at it, with
 * `model_invalid` when its numbers are none that a YOLOv5 gives.
 */
export async function openSession(data: SessionInit): Promise<(frame: Uint8Array) => Promise<Float64Array>> {
  const { description, filter } = data
  const session = await createSession(data)
  const toTensor = frameReader(description)
  const { output, inputName, classes } = description
  const names = output.kind === 'boxes' ? [output.name] : output.levels.map(({ name }) => name)
  return async (frame) => {
    const input = { [inputName]: toTensor(frame) }
    const answer = await session.run(input, names).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new EdgeError('engine_crashed', `the execution provider ${data.provider} failed: ${message}`, {
        cause,
      })
    })
    return packBoxes(suppressOverlaps(readOutput(answer, output, classes.length, filter), filter))
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

async function createSession({ modelPath, modelBytes, provider, config }: SessionInit) {
  try {
    return await ort.InferenceSession.create(modelBytes, {
      executionProviders: [config],
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

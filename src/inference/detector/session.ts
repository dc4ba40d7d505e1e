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

/** Takes up to as many frames as the graph does in one run, and gives the packed boxes of each, in their order. */
export type DetectFrames = (frames: readonly Uint8Array[]) => Promise<readonly Float64Array[]>

/**
 * One ONNX Runtime session and its buffers. Throws `provider_unavailable` or `model_invalid` where it does not open;
 * frames reject with `engine_crashed` when the provider fails at them, with `model_invalid` when the numbers of one are
 * none that a YOLOv5 gives. Fewer frames than the graph takes are computed like as many: what is found in a frame shall
 * not depend on how many others happened to wait with it.
 */
export async function openSession(data: SessionInit): Promise<DetectFrames> {
  const { description, filter } = data
  const session = await createSession(data)
  const toTensor = framesReader(description)
  const { output, inputName } = description
  const names = output.kind === 'boxes' ? [output.name] : output.levels.map(({ name }) => name)
  return async (frames) => {
    const input = { [inputName]: toTensor(frames) }
    const answer = await session.run(input, names).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new EdgeError('engine_crashed', `the execution provider ${data.provider} failed: ${message}`, {
        cause,
      })
    })
    return frames.map((_, place) =>
      packBoxes(suppressOverlaps(readOutput(answer, { description, place, filter }), filter)),
    )
  }
}

/** Makes the input of frames; the one before is overwritten. */
function framesReader({
  inputShape,
  batch,
}: ModelDescription): (frames: readonly Uint8Array[]) => ort.Tensor {
  const { width, height, pixelFormat } = inputShape
  const area = width * height
  if (pixelFormat === 'yuv420p') {
    const length = (area * 3) / 2
    const dims = [batch, (height * 3) / 2, width]
    const bytes = batch === 1 ? undefined : new Uint8Array(batch * length)
    return (frames) => {
      for (const [place, frame] of withinBatch(frames, batch).entries()) {
        if (frame.length !== length) throw wrongFrame(frame.length, length)
        bytes?.set(frame, place * length)
      }
      return new ort.Tensor('uint8', bytes ?? (frames[0] as Uint8Array), dims)
    }
  }
  const pixels = new Float32Array(batch * 3 * area)
  const input = new ort.Tensor('float32', pixels, [batch, 3, height, width])
  return (frames) => {
    for (const [place, frame] of withinBatch(frames, batch).entries())
      gbrToRgbFloat(frame, pixels.subarray(place * 3 * area, (place + 1) * 3 * area))
    return input
  }
}

function withinBatch(frames: readonly Uint8Array[], batch: number): readonly Uint8Array[] {
  if (frames.length >= 1 && frames.length <= batch) return frames
  throw new EdgeError('internal', `${frames.length} frames for a graph that takes ${batch}`)
}

interface Reading {
  readonly description: ModelDescription
  /** Of the frame among those of the run. */
  readonly place: number
  readonly filter: DetectionFilter
}

function readOutput(
  answer: ort.InferenceSession.OnnxValueMapType,
  { description, place, filter }: Reading,
): PixelBox[] {
  const { output, batch } = description
  const classes = description.classes.length
  const numbersOf = (name: string, count: number): Float32Array => {
    const { data, dims } = answer[name] ?? { data: undefined, dims: [] }
    if (data instanceof Float32Array && data.length === batch * count)
      return data.subarray(place * count, (place + 1) * count)
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

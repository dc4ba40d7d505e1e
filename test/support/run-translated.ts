import ort from 'onnxruntime-node'
import { writeOnnx } from '../../src/inference/model/write-onnx.ts'
import { readCheckpoint } from '../../src/inference/checkpoint/index.ts'
import { forwardModel, rgbOf } from './torch-forward.ts'
import type { Module } from './torch-model.ts'

export interface FrameSize {
  readonly width: number
  readonly height: number
}

/** A frame of noise that is the same each time. */
function noise({ width, height }: FrameSize): Uint8Array {
  return Uint8Array.from(
    { length: (width * height * 3) / 2 },
    (_, index) => (index * 7919 + (index >> 5) * 131) % 256,
  )
}

/** What ONNX Runtime computes of noise with a checkpoint’s translation, level by level. */
export async function runTranslated(bytes: Uint8Array, size: FrameSize): Promise<number[][]> {
  const translated = readCheckpoint(bytes).translate(size)
  const session = await ort.InferenceSession.create(writeOnnx(translated.graph), { intraOpNumThreads: 1 })
  const { inputName, output } = translated.description
  const dims = [1, (size.height * 3) / 2, size.width]
  const answer = await session.run({ [inputName]: new ort.Tensor('uint8', noise(size), dims) })
  if (output.kind !== 'heads') throw new Error('no heads')
  return output.levels.map(({ name }) => [...(answer[name]!.data as Float32Array)])
}

/** The same noise in each place of a batch, the other places filled with others: the numbers of that place. */
export async function runBatch(bytes: Uint8Array, size: FrameSize, batch: number): Promise<number[][][]> {
  const { graph, description } = readCheckpoint(bytes).translate(size, batch)
  const session = await ort.InferenceSession.create(writeOnnx(graph), { intraOpNumThreads: 1 })
  const { inputName, output } = description
  if (output.kind !== 'heads') throw new Error('no heads')
  const { levels } = output
  const frame = noise(size)
  const dims = [batch, (size.height * 3) / 2, size.width]
  const inPlaces: number[][][] = []
  for (let place = 0; place < batch; place++) {
    const frames = new Uint8Array(batch * frame.length).map((_, at) => (at * 31) % 256)
    frames.set(frame, place * frame.length)
    const answer = await session.run({ [inputName]: new ort.Tensor('uint8', frames, dims) })
    inPlaces.push(
      levels.map(({ name }) => {
        const numbers = answer[name]!.data as Float32Array
        const count = numbers.length / batch
        return [...numbers.subarray(place * count, (place + 1) * count)]
      }),
    )
  }
  return inPlaces
}

/** How far that is from what torch computes; throws when the maps are not of one size. */
export function largestDifference(actual: number[][], layers: readonly Module[], size: FrameSize): number {
  const expected = forwardModel(layers, rgbOf(noise(size), size.width, size.height))
  if (expected.length !== actual.length) throw new Error(`${actual.length} levels`)
  let largest = 0
  for (const [level, map] of expected.entries()) {
    let at = 0
    for (let c = 0; c < map.channels; c++)
      for (let y = 0; y < map.height; y++)
        for (let x = 0; x < map.width; x++)
          largest = Math.max(largest, Math.abs(map.at(c, y, x) - actual[level]![at++]!))
    if (at !== actual[level]!.length) throw new Error(`${actual[level]!.length} numbers instead of ${at}`)
  }
  return largest
}

import { createDetector, openModel } from '../inference/index.ts'
import type { Abortable } from '../ports/index.ts'

export interface TriedModel {
  readonly provider: string
  readonly reason: string
  readonly msPerFrame: number
}

const rounds = 5

/** Loads a model and runs it on grey pictures with one thread; throws what the detector throws. */
export async function tryModel(path: string, { signal }: Abortable = {}): Promise<TriedModel> {
  const model = await openModel(path)
  const { width, height } = model.description.inputShape
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const detector = await createDetector({ model, filter, threads: 1 })
  try {
    const times: number[] = []
    let lastMs = performance.now()
    for await (const _ of detector.detect(greyFrames(width * height * 3), { width, height }, { signal })) {
      times.push(performance.now() - lastMs)
      lastMs = performance.now()
    }
    return {
      provider: detector.provider.name,
      reason: detector.provider.reason,
      msPerFrame: Math.min(...times),
    }
  } finally {
    await detector.close()
  }
}

async function* greyFrames(
  bytes: number,
): AsyncGenerator<{ index: number; seconds: number; data: Uint8Array }> {
  for (let index = 0; index < rounds; index++) {
    yield { index, seconds: index, data: new Uint8Array(bytes).fill(114) }
    await Promise.resolve()
  }
}

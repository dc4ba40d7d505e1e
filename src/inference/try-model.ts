import type { Abortable } from '../ports/index.ts'
import type { SampledFrame } from '../media/index.ts'
import { createDetector } from './detector/index.ts'
import type { ProviderChoice, ProviderWish } from './detector/index.ts'
import { openModel } from './model/index.ts'

export interface ModelTrial {
  readonly provider: ProviderChoice['name']
  readonly reason: string
  /** On one thread, after the first frame. */
  readonly msPerFrame: number
}

const timedFrames = 3

/** Runs a model on a few grey frames, for real. Throws what `openModel` and `createDetector` throw. */
export async function tryModel(
  path: string,
  { provider, signal }: { readonly provider?: ProviderWish } & Abortable = {},
): Promise<ModelTrial> {
  const model = await openModel(path, { signal })
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const detector = await createDetector({
    model,
    filter,
    threads: 1,
    ...(provider === undefined ? {} : { provider }),
  })
  try {
    const { inputShape } = model.description
    let startedAtMs = performance.now()
    for await (const { index } of detector.detect(greyFrames(inputShape, 1 + timedFrames), inputShape, {
      signal,
    })) {
      if (index === 0) startedAtMs = performance.now()
    }
    const { name, reason } = detector.provider
    return { provider: name, reason, msPerFrame: (performance.now() - startedAtMs) / timedFrames }
  } finally {
    await detector.close()
  }
}

async function* greyFrames(
  size: { width: number; height: number },
  count: number,
): AsyncGenerator<SampledFrame> {
  for (let index = 0; index < count; index++) {
    yield await Promise.resolve({
      index,
      seconds: index,
      data: new Uint8Array(3 * size.width * size.height).fill(114),
    })
  }
}

import type { Abortable } from '../ports/index.ts'
import type { FrameShape, SampledFrame } from '../media/index.ts'
import { createDetector } from './detector/index.ts'
import type { AcceleratorSetup, ProviderChoice, ProviderWish } from './detector/index.ts'
import type { Model } from './model/index.ts'

export interface ModelTrial {
  readonly provider: ProviderChoice['name']
  readonly reason: string
  /** On one thread, after the first frame. */
  readonly msPerFrame: number
}

const triedFootage = { width: 1920, height: 1080 }

export interface TryModelOptions extends Abortable {
  readonly provider?: ProviderWish
  readonly accelerators?: AcceleratorSetup
  /** Frames that are timed; one more goes before them. Default 3. */
  readonly frames?: number
}

/** Runs a model on a few grey frames, for real. Throws what `createDetector` throws. */
export async function tryModel(
  model: Model,
  { provider, frames: timedFrames = 3, accelerators, signal }: TryModelOptions = {},
): Promise<ModelTrial> {
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const detector = await createDetector({
    model,
    filter,
    threads: 1,
    accelerators,
    ...(provider === undefined ? {} : { provider }),
  })
  try {
    const shape = model.shapeFor(triedFootage)
    let startedAtMs = performance.now()
    for await (const { index } of detector.detect(greyFrames(shape, 1 + timedFrames), triedFootage, {
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
  { width, height, pixelFormat }: FrameShape,
  count: number,
): AsyncGenerator<SampledFrame> {
  for (let index = 0; index < count; index++) {
    yield await Promise.resolve({
      index,
      seconds: index,
      data: new Uint8Array((pixelFormat === 'gbrp' ? 3 : 1.5) * width * height).fill(128),
    })
  }
}

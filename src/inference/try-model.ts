import type { Abortable } from '../ports/index.ts'
import type { FrameShape, SampledFrame } from '../media/index.ts'
import { createDetector } from './detector/index.ts'
import type { AcceleratorSetup, ProviderChoice, ProviderWish } from './detector/index.ts'
import type { Model } from './model/index.ts'

export interface ModelTrial {
  readonly provider: ProviderChoice['name']
  readonly reason: string
  /** On one thread, in full runs, after the first. */
  readonly msPerFrame: number
}

const triedFootage = { width: 1920, height: 1080 }

export interface TryModelOptions extends Abortable {
  readonly provider?: ProviderWish
  readonly accelerators?: AcceleratorSetup
  /** Runs that are timed; one more goes before them. Default 3. */
  readonly runs?: number
}

/** Runs a model on a few grey frames, for real. Throws what `createDetector` throws. */
export async function tryModel(
  model: Model,
  { provider, runs: timedRuns = 3, accelerators, signal }: TryModelOptions = {},
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
    const opened = await detector.open(triedFootage)
    let startedAtMs = performance.now()
    for (let run = 0; run <= timedRuns; run++) {
      signal?.throwIfAborted()
      if (run === 1) startedAtMs = performance.now()
      await Promise.all(greyFrames(shape, opened.batch).map((frame) => opened.detect(frame)))
    }
    opened.close()
    const { name, reason } = detector.provider
    const msPerFrame = (performance.now() - startedAtMs) / (timedRuns * opened.batch)
    return { provider: name, reason, msPerFrame }
  } finally {
    await detector.close()
  }
}

function greyFrames({ width, height, pixelFormat }: FrameShape, count: number): readonly SampledFrame[] {
  const bytes = (pixelFormat === 'gbrp' ? 3 : 1.5) * width * height
  return Array.from({ length: count }, (_, index) => ({
    index,
    seconds: index,
    data: new Uint8Array(bytes).fill(128),
  }))
}

import { availableParallelism } from 'node:os'
import { EdgeError } from '../../domain/index.ts'
import { letterbox } from '../../media/index.ts'
import type { SampledFrame } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { siblingModule } from '../../utils/sibling-module.ts'
import type { Model } from '../model/index.ts'
import type { FrameDetections, DetectionFilter } from './detection.ts'
import type { DetectionWorkerData } from './detection-worker.ts'
import { mapBoxes } from './map-boxes.ts'
import { PoolShelf } from './pool-shelf.ts'
import { chooseProvider } from './provider.ts'
import type { ProviderChoice, ProviderWish } from './provider.ts'
import { WorkerPool } from './worker-pool.ts'

export interface DetectorInit {
  readonly model: Model
  readonly filter: DetectionFilter
  readonly provider?: ProviderWish
  /** Worker threads, each with its own single-threaded session; default: one for each core. */
  readonly threads?: number
}

/** A detector made ready for footage of one size. */
export interface OpenDetector {
  /** Finds the objects of one frame, of the shape that the model gives for the footage; the frame’s buffer is gone then. */
  detect(frame: SampledFrame): Promise<FrameDetections>
  /** Gives the sessions back to the detector; requests that are open go on. */
  close(): void
}

/**
 * Finds objects in frames, off the main thread. `detect` takes frames in the shape that the model gives for `video`, and
 * their buffers (they are gone afterwards); it reads no more of `frames` than it can work on, and gives one answer for
 * each frame, in order. `open` is for those who choose which frames are worth a look.
 */
export interface Detector {
  readonly provider: ProviderChoice
  readonly threads: number
  open(video: { readonly width: number; readonly height: number }): Promise<OpenDetector>
  detect(
    frames: AsyncIterable<SampledFrame>,
    video: { readonly width: number; readonly height: number },
    options?: Abortable,
  ): AsyncGenerator<FrameDetections, void, undefined>
  close(): Promise<void>
}

/** Frames under way for each worker: one in work and one that waits. */
const framesPerWorker = 2

/** What most footage is: the shape that sessions are opened for before any is known. */
const usualFootage = { width: 1920, height: 1080 }

/**
 * Opens the sessions. Throws `provider_unavailable` when the provider does not load, `model_invalid` when the runtime
 * refuses the model; `detect` throws these too where footage has another shape, and `engine_crashed` when a worker dies.
 */
export async function createDetector({ model, filter, provider, threads }: DetectorInit): Promise<Detector> {
  const choice = chooseProvider(provider ?? 'auto')
  const size = choice.name === 'cpu' ? Math.max(1, Math.floor(threads ?? availableParallelism())) : 1
  const shelf = new PoolShelf((shape) => {
    const graph = model.graphFor(shape)
    return WorkerPool.open({
      module: siblingModule(import.meta.url, 'detection-worker'),
      size,
      workerData: {
        modelPath: model.path,
        modelBytes: graph.bytes(),
        description: graph.description,
        provider: choice.name,
        filter,
      } satisfies DetectionWorkerData,
    })
  })
  const first = await shelf.take(model.shapeFor(usualFootage))
  first.giveBack()
  const open: Detector['open'] = async (video) => {
    const shape = model.shapeFor(video)
    const { pool, giveBack } = await shelf.take(shape)
    const area = letterbox(video, shape)
    return { detect: (frame) => askFor(pool, frame, area), close: giveBack }
  }
  return {
    provider: choice,
    threads: size,
    open,
    async *detect(frames, video, options) {
      const opened = await open(video)
      try {
        yield* detectInOrder(opened, frames, { ...options, atOnce: size * framesPerWorker })
      } finally {
        opened.close()
      }
    },
    close: () => shelf.close(),
  }
}

async function* detectInOrder(
  opened: OpenDetector,
  frames: AsyncIterable<SampledFrame>,
  { signal, atOnce }: Abortable & { readonly atOnce: number },
): AsyncGenerator<FrameDetections, void, undefined> {
  const underWay: Promise<FrameDetections>[] = []
  for await (const frame of frames) {
    signal?.throwIfAborted()
    const answer = opened.detect(frame)
    // Whoever leaves the loop early leaves these behind; their failure is told by the one that is awaited first.
    answer.catch(() => undefined)
    underWay.push(answer)
    const oldest = underWay.length >= atOnce ? underWay.shift() : undefined
    if (oldest !== undefined) yield await oldest
  }
  for (const answer of underWay) yield await answer
}

async function askFor(
  pool: WorkerPool,
  { index, seconds, data }: SampledFrame,
  area: ReturnType<typeof letterbox>,
): Promise<FrameDetections> {
  const packed = await pool.ask(data, [data.buffer as ArrayBuffer])
  if (!(packed instanceof Float64Array)) throw new EdgeError('internal', 'a detection worker gave no boxes')
  return { index, seconds, detections: mapBoxes(packed, area) }
}

import { availableParallelism } from 'node:os'
import type { ProviderChange, ProviderOptions } from '../../domain/index.ts'
import { letterbox } from '../../media/index.ts'
import type { SampledFrame } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import type { Model } from '../model/index.ts'
import type { FrameDetections, DetectionFilter } from './detection.ts'
import { graphOn } from './frame-runner.ts'
import { Gatherer } from './gatherer.ts'
import { openRunner } from './open-runner.ts'
import { batchFor, chainFor, plainSetup } from './provider.ts'
import type { AcceleratorSetup, ProviderChoice, ProviderSetup, ProviderWish } from './provider.ts'
import { ProviderLine } from './provider-line.ts'
import { RunCounter } from './run-counts.ts'
import type { RunCounts } from './run-counts.ts'
import { RunnerShelf } from './runner-shelf.ts'
import { describeRuntime } from './runtime.ts'
import { Seats } from './seats.ts'
import { unreadOptions } from './session-config.ts'
import { openSidecar } from './sidecar/index.ts'
import { tryProvider } from './try-provider.ts'

export interface DetectorInit {
  readonly model: Model
  readonly filter: DetectionFilter
  readonly provider?: ProviderWish
  readonly providerOptions?: ProviderOptions | undefined
  /** What the machine’s owner set beside the job. */
  readonly accelerators?: AcceleratorSetup | undefined
  /** Worker threads on the cpu, each with its own single-threaded session; default: one for each core. */
  readonly threads?: number
  readonly log?: Log | undefined
}

/** How providers come about; others than the real ones are for tests of what happens when one fails. */
export interface DetectorParts {
  readonly offered: () => Promise<readonly string[]>
  readonly tryProvider: typeof tryProvider
  readonly openRunner: typeof openRunner
}

const realParts: DetectorParts = {
  offered: async () => (await describeRuntime()).providers,
  tryProvider,
  openRunner,
}

/** A detector made ready for footage of one size. */
export interface OpenDetector {
  /** Frames that one run takes: who asks for fewer at once leaves some of it unused. */
  readonly batch: number
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
  /** The provider in use. */
  readonly provider: ProviderChoice
  /** Which providers failed and were fallen back from, in order. */
  readonly changes: readonly ProviderChange[]
  /** How many runs go on at once. */
  readonly threads: number
  /** How many frames of the usual size are to be asked for at once to keep all of it busy. */
  readonly atOnce: number
  /** What was run in batches since this was last asked; nothing where frames are run one by one. */
  takeRunCounts(): RunCounts
  open(video: { readonly width: number; readonly height: number }): Promise<OpenDetector>
  detect(
    frames: AsyncIterable<SampledFrame>,
    video: { readonly width: number; readonly height: number },
    options?: Abortable,
  ): AsyncGenerator<FrameDetections, void, undefined>
  close(): Promise<void>
}

/** Runs under way for each worker: one in work and one that waits. */
const runsPerWorker = 2

/** What most footage is: the shape that sessions are opened for before any is known. */
const usualFootage = { width: 1920, height: 1080 }

/**
 * Opens the sessions of the first provider that loads. One that fails in mid-run (its worker ends, it throws, it gives
 * numbers that no model gives) is left for the next of `auto` or of the list, which gets the same frames again. Throws
 * `provider_unavailable` when none loads, `model_invalid` when the runtime refuses the model; `detect` throws these too
 * where footage has another shape, and `engine_crashed` when the last provider fails.
 */
export async function createDetector(
  init: DetectorInit,
  parts: DetectorParts = realParts,
): Promise<Detector> {
  const { model } = init
  const counter = new RunCounter()
  const line = await openLine(init, parts, counter)
  const sizeNow = (): number => (line.choice.name === 'cpu' ? threadsOf(init) : 1)
  const open: Detector['open'] = async (video) => {
    const shape = model.shapeFor(video)
    const seats = new Seats(line, shape)
    const batch = await seats.take()
    const area = letterbox(video, shape)
    return {
      batch,
      detect: (frame) => seats.detect(frame, area),
      close: () => {
        seats.giveBack()
      },
    }
  }
  return {
    get provider() {
      return line.choice
    },
    get changes() {
      return line.changes
    },
    get threads() {
      return sizeNow()
    },
    get atOnce() {
      const { name } = line.choice
      const { options } = setupOf(init)
      return name === 'sidecar' ? 1 : sizeNow() * batchFor(name, options, model.shapeFor(usualFootage))
    },
    takeRunCounts: () => counter.take(),
    open,
    async *detect(frames, video, options) {
      const opened = await open(video)
      try {
        const atOnce = (): number => sizeNow() * runsPerWorker * opened.batch
        yield* detectInOrder(opened, frames, { ...options, atOnce })
      } finally {
        opened.close()
      }
    },
    close: () => line.close(),
  }
}

async function openLine(
  init: DetectorInit,
  parts: DetectorParts,
  counter: RunCounter,
): Promise<ProviderLine> {
  const { model, filter, provider: wish = 'auto', log } = init
  const setup = setupOf(init)
  const { options, accelerators } = setup
  const offered = wish === 'auto' ? await parts.offered() : []
  const chain = chainFor(wish, { offered, platform: process.platform })
  return ProviderLine.open(wish, chain, {
    tryProvider: (name) => parts.tryProvider(name, { modelPath: model.path, setup }),
    open: (name) => {
      if (name === 'sidecar') return openSidecar({ command: accelerators.sidecar, model, filter, log })
      const threads = name === 'cpu' ? threadsOf(init) : 1
      const runnerInit = { model, filter, setup, threads }
      return new RunnerShelf(async (shape) => {
        const runner = await parts.openRunner(name, runnerInit, shape)
        const { batch } = graphOn(name, runnerInit, shape).description
        return batch === 1
          ? runner
          : new Gatherer(runner, {
              batch,
              workers: threads,
              onRun: (frames) => {
                counter.add(frames)
              },
            })
      })
    },
    cpuThreads: threadsOf(init),
    firstShape: model.shapeFor(usualFootage),
    notes: (name) => unreadOptions(name, options),
  })
}

function setupOf({ providerOptions, accelerators = {} }: DetectorInit): ProviderSetup {
  return { options: providerOptions ?? plainSetup.options, accelerators }
}

function threadsOf({ threads }: DetectorInit): number {
  return Math.max(1, Math.floor(threads ?? availableParallelism()))
}

async function* detectInOrder(
  opened: OpenDetector,
  frames: AsyncIterable<SampledFrame>,
  { signal, atOnce }: Abortable & { readonly atOnce: () => number },
): AsyncGenerator<FrameDetections, void, undefined> {
  const underWay: Promise<FrameDetections>[] = []
  for await (const frame of frames) {
    signal?.throwIfAborted()
    const answer = opened.detect(frame)
    // Whoever leaves the loop early leaves these behind; their failure is told by the one that is awaited first.
    answer.catch(() => undefined)
    underWay.push(answer)
    const oldest = underWay.length >= atOnce() ? underWay.shift() : undefined
    if (oldest !== undefined) yield await oldest
  }
  for (const answer of underWay) yield await answer
}

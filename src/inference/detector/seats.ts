import { EdgeError } from '../../domain/index.ts'
import type { FrameShape, SampledFrame } from '../../media/index.ts'
import type { FrameDetections } from './detection.ts'
import type { FrameRunner } from './frame-runner.ts'
import { mapBoxes } from './map-boxes.ts'
import type { PictureArea } from './map-boxes.ts'
import type { ProviderLine, Stage } from './provider-line.ts'

/** The runners for frames of one shape, of whichever provider is in use. */
export class Seats {
  readonly #line: ProviderLine
  readonly #shape: FrameShape
  readonly #taken = new Map<Stage, ReturnType<Stage['provider']['take']>>()

  constructor(line: ProviderLine, shape: FrameShape) {
    this.#line = line
    this.#shape = shape
  }

  /**
   * Opens the runner before the first frame, so that what does not open for this shape is known. Gives how many frames one
   * run of it takes.
   */
  async take(): Promise<number> {
    for (;;) {
      const stage = await this.#line.current()
      try {
        const { batch = 1 } = await this.#runnerOf(stage)
        return batch
      } catch (error) {
        // The last may still do for footage of another shape.
        if (!this.#line.hasNext(stage)) throw error
        await this.#line.advance(stage, error, 0)
      }
    }
  }

  /** Asks the provider in use, and those after it when it fails; the frame’s buffer stays until no other may need it. */
  async detect({ index, seconds, data }: SampledFrame, area: PictureArea): Promise<FrameDetections> {
    for (;;) {
      const stage = await this.#line.current()
      try {
        const runner = await this.#runnerOf(stage)
        const transfer = this.#line.hasNext(stage) ? [] : [data.buffer as ArrayBuffer]
        const packed = await runner.ask(data, transfer)
        if (!(packed instanceof Float64Array)) throw new EdgeError('internal', 'a detector gave no boxes')
        return { index, seconds, detections: mapBoxes(packed, area) }
      } catch (error) {
        await this.#line.advance(stage, error, seconds)
      }
    }
  }

  giveBack(): void {
    for (const taken of this.#taken.values()) {
      taken.then(
        ({ giveBack }) => {
          giveBack()
        },
        () => undefined,
      )
    }
    this.#taken.clear()
  }

  async #runnerOf(stage: Stage): Promise<FrameRunner> {
    let taken = this.#taken.get(stage)
    if (taken === undefined) {
      taken = stage.provider.take(this.#shape)
      this.#taken.set(stage, taken)
    }
    return (await taken).runner
  }
}

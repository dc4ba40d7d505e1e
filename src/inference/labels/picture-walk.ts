import { evenSize, sampleFrames } from '../../media/index.ts'
import type { MediaTools, SampledFrame, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import type { PictureToCrop } from './crops.ts'

/**
 * The frames of a video with all their pixels, beside a detector that sees them small: a second decoder that goes on only
 * when a frame is asked for. It must be ended.
 */
export class PictureWalk {
  readonly #size: { readonly width: number; readonly height: number }
  readonly #frames: AsyncIterator<SampledFrame>

  constructor(
    tools: MediaTools,
    path: string,
    { video, stride, signal }: { readonly video: VideoInfo; readonly stride: number } & Abortable,
  ) {
    this.#size = evenSize(video)
    const shape = { ...this.#size, pixelFormat: 'gbrp' } as const
    const { frames } = sampleFrames(tools, path, { stride, shape, video }, { signal })
    this.#frames = frames[Symbol.asyncIterator]()
  }

  /** The frame of that index, which must be greater than the last one asked for; undefined when there is none. */
  async at(index: number): Promise<PictureToCrop['picture'] | undefined> {
    for (;;) {
      const next = await this.#frames.next()
      if (next.done === true) return undefined
      if (next.value.index === index) return { ...this.#size, data: next.value.data }
    }
  }

  async end(): Promise<void> {
    await this.#frames.return?.()
  }
}

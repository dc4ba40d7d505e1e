import { sampleFrames } from '../../media/index.ts'
import type { FrameShape, MediaTools, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'

export interface ProbedVideo {
  readonly path: string
  readonly video: VideoInfo
}

/** A frame as the model takes it, and the footage it is of. */
export interface FootageFrame {
  readonly data: Uint8Array
  readonly size: { readonly width: number; readonly height: number }
}

/**
 * Frames spread evenly over the footage of all videos together, in order; each is sought, so that hours of footage need
 * not be decoded. A moment that cannot be decoded is left out.
 */
export async function* sampleFootage(
  tools: MediaTools,
  videos: readonly ProbedVideo[],
  { count, shape, signal }: { readonly count: number; readonly shape: FrameShape } & Abortable,
): AsyncGenerator<FootageFrame, void, undefined> {
  const totalSeconds = videos.reduce((sum, { video }) => sum + video.durationSeconds, 0)
  const stepSeconds = totalSeconds / count
  let beforeSeconds = 0
  let taken = 0
  for (const { path, video } of videos) {
    const endSeconds = beforeSeconds + video.durationSeconds
    for (; taken < count && (taken + 0.5) * stepSeconds < endSeconds; taken++) {
      const fromSeconds = video.startSeconds + (taken + 0.5) * stepSeconds - beforeSeconds
      const { frames } = sampleFrames(
        tools,
        path,
        { fps: 1, shape, video, part: { fromSeconds } },
        { ...(signal === undefined ? {} : { signal }) },
      )
      for await (const { data } of frames) {
        yield { data, size: { width: video.width, height: video.height } }
        break
      }
    }
    beforeSeconds = endSeconds
  }
}

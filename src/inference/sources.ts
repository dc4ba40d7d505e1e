import { listVideos } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import type { VideoSource } from './pipeline/index.ts'

export interface FoundSources {
  readonly sources: readonly VideoSource[]
  /** What was passed over, one line each: path and why. */
  readonly skipped: readonly string[]
}

/** The videos under each place, named by the place’s target and the path below it, e.g. `videos/north/gate.mp4`. */
export async function findSources(
  places: readonly { readonly path: string; readonly target: string }[],
  options: Abortable = {},
): Promise<FoundSources> {
  const sources: VideoSource[] = []
  const skipped: string[] = []
  for (const { path, target } of places) {
    const found = await listVideos(path, options)
    const prefix = target.replace(/^\/+|\/+$/g, '')
    for (const video of found.videos) {
      sources.push({
        source: prefix === '' ? video.relative : `${prefix}/${video.relative}`,
        path: video.path,
      })
    }
    skipped.push(...found.skipped)
  }
  return { sources, skipped }
}

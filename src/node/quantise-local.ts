import type { Settings } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import { quantiseModel, type ProbedVideo, type QuantisedShape } from '../inference/calibration/index.ts'
import { findSources, openModel } from '../inference/index.ts'
import { locateMediaTools, probeVideo } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { resolveModel } from './models.ts'

export interface QuantiseLocal extends Abortable {
  readonly model: string
  /** Videos and folders of this machine. */
  readonly paths: readonly string[]
  readonly frames: number
  readonly onStep: (what: string) => void
}

export interface QuantisedLocal {
  readonly model: string
  readonly shapes: readonly QuantisedShape[]
  /** Files that are no video after all, one line each. */
  readonly leftOut: readonly string[]
}

/** Tries int8 for a model on footage of this machine. Throws `input_empty`, and what `quantiseModel` throws. */
export async function quantiseLocal(settings: Settings, request: QuantiseLocal): Promise<QuantisedLocal> {
  const { paths, frames, onStep, signal } = request
  const named = await resolveModel(settings, request.model, createLog({ level: 'warn' }))
  const model = await openModel(named.path, { name: named.name, signal })
  const tools = await locateMediaTools(mediaSettings(settings))
  const places = paths.map((path) => ({ path, target: '' }))
  const { sources, skipped } = await findSources(places, { signal })
  const videos: ProbedVideo[] = []
  const leftOut = [...skipped]
  for (const { path } of sources) {
    try {
      videos.push({ path, video: await probeVideo(tools, path, { signal }) })
    } catch (error) {
      signal?.throwIfAborted()
      leftOut.push(`${path}: ${EdgeError.from(error).message}`)
    }
  }
  if (videos.length === 0) throw new EdgeError('input_empty', `no video in ${paths.join(', ')}`)
  const { rangesDir } = named
  const shapes = await quantiseModel({ model, tools, videos, frames, rangesDir, onStep, signal })
  return { model: model.identity.name, shapes, leftOut }
}

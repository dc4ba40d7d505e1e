import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { OnnxEngineSpec } from '../../domain/index.ts'
import { probeVideo } from '../../media/index.ts'
import type { MediaTools } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { replaceFile } from '../../utils/whole-file.ts'
import type { Model } from '../model/index.ts'
import { readKeptRanges } from './kept-ranges.ts'
import { quantiseModel } from './quantise-model.ts'
import type { ProbedVideo } from './sample-footage.ts'

export interface RunCalibration extends Abortable {
  /** The float model. */
  readonly model: Model
  readonly tools: MediaTools
  readonly paths: readonly string[]
  readonly settings: Pick<OnnxEngineSpec, 'precision' | 'provider'>
  readonly rangesDir: string
  readonly log: Log
  /** Less footage of one frame shape is not worth the time. */
  readonly leastSeconds?: number
}

/** Half a minute of work, which a run over ten minutes of footage gives back. */
const worthwhileSeconds = 600
const frames = 64

/**
 * Before a run in `auto`: tries int8 for every frame shape of which there is much footage and for which it was neither
 * accepted nor refused before. A refusal is noted, so that it is tried once; a failure is told in the log and is no error.
 */
export async function calibrateForRun(run: RunCalibration): Promise<void> {
  const { model, settings, rangesDir, log, signal, leastSeconds = worthwhileSeconds } = run
  const { precision, provider } = settings
  const isWanted = precision === 'auto' && (provider === 'auto' || provider === 'cpu')
  if (!isWanted || model.quantising === undefined) return
  for (const videos of await videosByShape(run)) {
    const seconds = videos.reduce((sum, { video }) => sum + video.durationSeconds, 0)
    const [first] = videos
    if (first === undefined || seconds < leastSeconds) continue
    const shape = model.shapeFor(first.video)
    const refusal = join(rangesDir, `${model.identity.sha256}-${shape.width}x${shape.height}.refused`)
    const known = await readKeptRanges(rangesDir, model)
    if (known?.of(shape) !== undefined || (await exists(refusal))) continue
    try {
      const [found] = await quantiseModel({ ...run, videos, frames })
      if (found === undefined) continue
      log.info({ ...found }, found.file === null ? 'int8 was refused' : 'int8 was accepted')
      if (found.file !== null) continue
      await mkdir(rangesDir, { recursive: true })
      await replaceFile(refusal, `${JSON.stringify(found)}\n`)
    } catch (error) {
      signal?.throwIfAborted()
      log.warn({ error: String(error) }, 'int8 could not be tried; float goes on')
    }
  }
}

/** Files that cannot be probed are left to the run to tell. */
async function videosByShape({
  model,
  tools,
  paths,
  signal,
}: RunCalibration): Promise<readonly (readonly ProbedVideo[])[]> {
  const groups = new Map<string, ProbedVideo[]>()
  for (const path of paths) {
    const video = await probeVideo(tools, path, { signal }).catch(() => undefined)
    signal?.throwIfAborted()
    if (video === undefined) continue
    const { width, height } = model.shapeFor(video)
    const key = `${width}x${height}`
    groups.set(key, [...(groups.get(key) ?? []), { path, video }])
  }
  return [...groups.values()]
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

import type { Settings } from '../config/index.ts'
import type { OnnxEngineSpec } from '../domain/index.ts'
import { benchVideo, type BenchReport, type BenchWay } from '../inference/bench/index.ts'
import { openModel, withPrecision } from '../inference/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { resolveModel } from './models.ts'

export interface BenchLocal extends Abortable {
  readonly path: string
  readonly spec: OnnxEngineSpec
  readonly rounds: number
  readonly ways: readonly BenchWay[]
  readonly labels?: string | undefined
  readonly onRun: (name: string, round: number) => void
}

/** Measures a video of this machine with its own tools and models. */
export async function benchLocal(settings: Settings, { spec, ...request }: BenchLocal): Promise<BenchReport> {
  const { type: _, model: named, ...detectSettings } = spec
  const log = createLog({ level: 'warn' })
  const found = await resolveModel(settings, named, log)
  const opened = await openModel(found.path, {
    name: found.name,
    imageSize: spec.imageSize,
    signal: request.signal,
  })
  const model = await withPrecision(opened, { ...spec, rangesDir: found.rangesDir })
  const tools = await locateMediaTools(mediaSettings(settings))
  return benchVideo({ ...request, model, settings: detectSettings, tools, log })
}

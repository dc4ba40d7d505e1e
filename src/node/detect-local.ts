import type { OnnxEngineSpec, Progress } from '../domain/index.ts'
import type { Settings } from '../config/index.ts'
import { detectByLabels, detectFiles, type Documents } from '../inference/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { acceleratorSetup } from './accelerator-setup.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { resolveModel } from './models.ts'

export interface DetectLocal extends Abortable {
  readonly paths: readonly string[]
  readonly spec: OnnxEngineSpec
  readonly outputDir: string
  readonly force: boolean
  readonly continues: boolean
  /** A folder of detections that another program left, in place of a model. */
  readonly labels?: string | undefined
  readonly vidStride?: number | undefined
  readonly onProgress: (progress: Progress) => void
}

/** The `onnx` engine’s work on files of this machine, without any daemon. */
export async function detectLocal(settings: Settings, { spec, ...request }: DetectLocal): Promise<Documents> {
  const { type: _, model: named, ...detectSettings } = spec
  const log = createLog({ level: 'warn' })
  const { labels, vidStride, continues, ...rest } = request
  if (labels !== undefined) {
    const mediaTools = await locateMediaTools(mediaSettings(settings))
    return detectByLabels({ ...rest, ...detectSettings, labels, vidStride, mediaTools, log })
  }
  const model = await resolveModel(settings, named, log)
  return detectFiles({
    ...rest,
    continues,
    modelPath: model.path,
    modelName: model.name,
    rangesDir: model.rangesDir,
    settings: detectSettings,
    accelerators: acceleratorSetup(settings),
    mediaTools: await locateMediaTools(mediaSettings(settings)),
    log,
  })
}

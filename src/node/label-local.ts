import type { Settings } from '../config/index.ts'
import { EdgeError, type OnnxEngineSpec } from '../domain/index.ts'
import { openModel, withPrecision } from '../inference/index.ts'
import { findFootage, labelFootage, makeRunFolder, type LabelledFile } from '../inference/labels/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { resolveModel } from './models.ts'

export interface LabelLocal extends Abortable {
  readonly sources: readonly string[]
  readonly spec: Omit<OnnxEngineSpec, 'sampleFps' | 'policy'>
  readonly classes: readonly string[]
  /** Height and width, or one number for the longer side; what the model takes when left out. */
  readonly imageSize?: readonly number[] | undefined
  readonly stride: number
  /** Where to write; nothing is written without it. */
  readonly run?: { readonly project: string; readonly name: string; readonly mayExist: boolean } | undefined
  readonly withScores: boolean
  readonly onFrames: (done: LabelledFile) => void
}

/** detect.py’s work on files of this machine: label files in a run folder. */
export async function labelLocal(
  settings: Settings,
  request: LabelLocal,
): Promise<{ readonly folder: string | undefined; readonly files: readonly LabelledFile[] }> {
  const { spec, run, signal } = request
  const named = await resolveModel(settings, spec.model, createLog({ level: 'warn' }))
  const opened = await openModel(named.path, { name: named.name, signal })
  const model = await withPrecision(opened, { ...spec, rangesDir: named.rangesDir })
  checkImageSize(request.imageSize, model.shapeFor({ width: 16, height: 9 }))
  const footage = await findFootage(request.sources, { signal })
  const tools = await locateMediaTools(mediaSettings(settings))
  const folder = run === undefined ? undefined : await makeRunFolder(run.project, run.name, run)
  const { scoreThreshold, iouThreshold, maxDetections, provider } = spec
  const { classes, stride, withScores, onFrames } = request
  const files = await labelFootage(
    {
      ...{ footage, model, tools, folder, scoreThreshold, iouThreshold, maxDetections, provider },
      ...{ classes, stride, withScores, onFrames },
    },
    { signal },
  )
  return { folder, files }
}

function checkImageSize(
  wanted: readonly number[] | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (wanted === undefined) return
  const [first, second] = wanted
  const fits = second === undefined ? first === Math.max(width, height) : first === height && second === width
  if (!fits || wanted.length > 2)
    throw new EdgeError(
      'not_supported',
      `--imgsz ${wanted.join(' ')}: the model takes ${height} x ${width}`,
      {
        hint: 'Leave --imgsz out, or name a model that was exported for that size.',
      },
    )
}

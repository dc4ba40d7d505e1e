import type { Settings } from '../config/index.ts'
import { EdgeError, type OnnxEngineSpec } from '../domain/index.ts'
import { openModel, withPrecision } from '../inference/index.ts'
import { findFootage, labelFootage, makeRunFolder, type LabelledFile } from '../inference/labels/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { Abortable } from '../ports/index.ts'
import { acceleratorSetup } from './accelerator-setup.ts'
import { createLog } from './log.ts'
import { mediaSettings } from './media-settings.ts'
import { resolveModel } from './models.ts'

export interface LabelLocal extends Abortable {
  readonly sources: readonly string[]
  readonly spec: Omit<OnnxEngineSpec, 'sampleFps' | 'policy'>
  readonly classes: readonly string[]
  /** One number for the longer side, or height and width as the model takes them; what it was made for when left out. */
  readonly imageSize?: readonly number[] | undefined
  readonly stride: number
  /** Where to write; nothing is written without it. */
  readonly run?: { readonly project: string; readonly name: string; readonly mayExist: boolean } | undefined
  /** What is written there. */
  readonly parts: readonly ('labels' | 'crops')[]
  readonly withScores: boolean
  readonly onFrames: (done: LabelledFile) => void
}

/** detect.py’s work on files of this machine: label files and crops in a run folder. */
export async function labelLocal(
  settings: Settings,
  request: LabelLocal,
): Promise<{ readonly folder: string | undefined; readonly files: readonly LabelledFile[] }> {
  const { spec, run, signal } = request
  const named = await resolveModel(settings, spec.model, createLog({ level: 'warn' }))
  const { imageSize = [] } = request
  const longerSide = imageSize.length === 0 ? undefined : Math.max(...imageSize)
  const opened = await openModel(named.path, { name: named.name, imageSize: longerSide, signal })
  const model = await withPrecision(opened, { ...spec, rangesDir: named.rangesDir })
  checkBothSides(imageSize, model.shapeFor({ width: 16, height: 9 }))
  const footage = await findFootage(request.sources, { signal })
  const tools = await locateMediaTools(mediaSettings(settings))
  const folder = run === undefined ? undefined : await makeRunFolder(run.project, run.name, run)
  const { scoreThreshold, iouThreshold, maxDetections, provider, providerOptions } = spec
  const { classes, stride, withScores, parts, onFrames } = request
  const files = await labelFootage(
    {
      ...{ footage, model, tools, folder, scoreThreshold, iouThreshold, maxDetections, provider },
      ...{ classes, stride, withScores, parts, onFrames, providerOptions },
      accelerators: acceleratorSetup(settings),
    },
    { signal },
  )
  return { folder, files }
}

function checkBothSides(
  wanted: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
): void {
  const [first, second] = wanted
  if (second === undefined || (first === height && second === width && wanted.length === 2)) return
  throw new EdgeError(
    'not_supported',
    `--imgsz ${wanted.join(' ')}: the model takes ${height} x ${width} of 16:9`,
    { hint: 'Give one number, the longer side: the other side follows from the footage.' },
  )
}

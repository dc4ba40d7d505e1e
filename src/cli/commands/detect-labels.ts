import type { Argv } from 'yargs'
import { z } from 'zod'
import { loadSettings } from '../../config/index.ts'
import { EdgeError, OnnxEngineSpec, problemsOf, specInvalid } from '../../domain/index.ts'
import type { LabelledFile } from '../../inference/labels/index.ts'
import type { Args } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../format.ts'
import { createStatus } from '../status.ts'
import { plain, type Terminal } from '../terminal.ts'
import { policyOf } from './policy-options.ts'

const Options = z.looseObject({
  source: z.array(z.string()).optional(),
  paths: z.array(z.string()).default([]),
  imgsz: z.array(z.int().positive()).optional(),
  saveTxt: z.boolean().default(false),
  saveConf: z.boolean().default(false),
  saveCrop: z.boolean().default(false),
  nosave: z.boolean().default(false),
  vidStride: z.int().min(1).default(1),
  project: z.string().default('runs/detect'),
  runName: z.string().default('exp'),
  existOk: z.boolean().default(false),
  maxDet: z.int().min(1).default(1000),
})

const heading = 'As YOLOv5’s detect.py (any of these makes label files and crops instead of events):'

/** The flags of detect.py; those in `switches` choose its way of working. */
export const labelOptions = (yargs: Argv): Argv =>
  yargs
    .option('source', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'picture, video, folder or quoted pattern; repeatable',
    })
    .option('save-txt', { type: 'boolean', describe: 'write labels/<file>_<frame>.txt' })
    .option('save-conf', { type: 'boolean', describe: 'with --save-txt: scores in the label files' })
    .option('save-crop', { type: 'boolean', describe: 'write crops/<class>/<file><n>.jpg of every box' })
    .option('nosave', {
      type: 'boolean',
      describe: 'write nothing, count only (pictures are never drawn on)',
    })
    .option('vid-stride', { type: 'number', describe: 'look at every Nth frame of a video (1)' })
    .option('project', { type: 'string', describe: 'folder of runs (runs/detect)' })
    .option('name', { type: 'string', describe: 'name of the run (exp, then exp2, exp3, ...)' })
    .option('exist-ok', { type: 'boolean', describe: 'write into the run of that name if there is one' })
    .group(
      switches.map(([flag]) => flag),
      heading,
    )

const switches = [
  ['source', 'source'],
  ['save-txt', 'saveTxt'],
  ['save-conf', 'saveConf'],
  ['save-crop', 'saveCrop'],
  ['nosave', 'nosave'],
  ['vid-stride', 'vidStride'],
  ['project', 'project'],
  ['name', 'name'],
  ['exist-ok', 'existOk'],
] as const

/** Flags that mean nothing where there are no events. */
const eventFlags = [
  ['mode', 'mode'],
  ['sample-fps', 'sampleFps'],
  ['min-score', 'minScore'],
  ['min-duration', 'minDuration'],
  ['merge-gap', 'mergeGap'],
  ['pre-roll', 'preRoll'],
  ['post-roll', 'postRoll'],
  ['from', 'from'],
  ['to', 'to'],
  ['continue', 'continue'],
  ['output-dir', 'outputDir'],
  ['force', 'force'],
] as const

/** True when the command line speaks as to detect.py. */
export function wantsLabels(args: Args): boolean {
  return switches.some(([, key]) => args[key] !== undefined)
}

/** `edge detect --source ... --save-txt`: label files as detect.py’s. */
export async function detectLabels(args: Args, terminal: Terminal): Promise<number> {
  const parsed = Options.safeParse({ ...args, runName: args['name'] })
  if (!parsed.success) throw specInvalid(problemsOf(parsed.error))
  const options = parsed.data
  const strays = eventFlags.filter(([, key]) => args[key] !== undefined).map(([flag]) => `--${flag}`)
  if (strays.length > 0)
    throw new EdgeError('usage', `${strays.join(', ')}: label files are of frames and know no events`, {
      hint: 'Leave them out, or leave out detect.py’s flags. Every Nth frame: --vid-stride N.',
    })
  const parts = [
    options.saveTxt ? ['labels' as const] : [],
    options.saveCrop ? ['crops' as const] : [],
  ].flat()
  if (parts.length === 0 && !options.nosave)
    throw new EdgeError(
      'usage',
      'nothing would be written: say --save-txt or --save-crop, or --nosave to count only',
      { hint: 'detect.py draws boxes into copies of the footage; this program does not.' },
    )
  const { engine, policy } = await policyOf({ ...args, imgsz: undefined })
  const spec = OnnxEngineSpec.safeParse({
    type: 'onnx',
    ...engine,
    maxDetections: options.maxDet,
  })
  if (!spec.success) throw specInvalid(problemsOf(spec.error))
  const { values } = loadSettings({
    dataDir: args['dataDir'],
    detectorSidecar: args['detectorSidecar'],
  })
  const { labelLocal } = await import('../../node/label-local.ts')
  const status = createStatus(terminal)
  const { project, runName, existOk, saveConf, vidStride } = options
  const { folder, files } = await labelLocal(values, {
    ...namedIn(options, policy.classes ?? []),
    spec: spec.data,
    imageSize: options.imgsz,
    stride: vidStride,
    withScores: saveConf,
    parts,
    ...(parts.length > 0 ? { run: { project, name: runName, mayExist: existOk } } : {}),
    signal: terminal.signal,
    onFrames: ({ path, frames, boxes }) => {
      status.show([`labelling  ${plain(path)}  ${frames} frames, ${boxes} boxes`])
    },
  }).finally(() => {
    status.end()
  })
  if (args['json'] === true) terminal.printJson({ folder: folder ?? null, files })
  else report(terminal, files, { folder, parts })
  return files.some(({ problem }) => problem !== undefined) ? exitCodes.failed : exitCodes.done
}

/** With --source, the words after --classes are classes: `--classes 0 2` as detect.py has it. */
function namedIn(
  { source, paths }: z.infer<typeof Options>,
  classes: readonly string[],
): { sources: readonly string[]; classes: readonly string[] } {
  if (source === undefined) return { sources: paths, classes }
  if (paths.length > 0 && classes.length === 0)
    throw new EdgeError(
      'usage',
      `${paths.join(' ')}: name footage either by --source or without it, not both`,
    )
  return { sources: source, classes: [...classes, ...paths] }
}

function report(
  terminal: Terminal,
  files: readonly LabelledFile[],
  { folder, parts }: { readonly folder: string | undefined; readonly parts: readonly string[] },
): void {
  const rows = files.map(({ path, frames, boxes, found, problem }) => {
    const classes = Object.entries(found).sort(([, a], [, b]) => b - a)
    const told = classes.slice(0, 5).map(([name, count]) => `${count} ${name}`)
    return [plain(path), String(frames), String(boxes), plain(told.join(', ')), plain(problem ?? '')]
  })
  terminal.print(table(['FILE', 'FRAMES', 'BOXES', 'CLASSES', 'NOT READ'], rows))
  for (const part of folder === undefined ? [] : parts)
    terminal.print(`${part === 'labels' ? 'Labels' : 'Crops'} are in ${folder}/${part}`)
}

import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { EdgeError, EventsDocument, LedgerDocument } from '../domain/index.ts'
import type { ClipsSpec, Progress, SignificancePolicy } from '../domain/index.ts'
import { locateMediaTools } from '../media/index.ts'
import type { MediaTools } from '../media/index.ts'
import type { Abortable, Log } from '../ports/index.ts'
import type { AcceleratorSetup } from './detector/index.ts'
import { readEarlierRun } from './pipeline/index.ts'
import type { DetectSettings, Documents, Fragment } from './pipeline/index.ts'
import { runLabelProgram, runProgram } from './program/index.ts'
import { findSources } from './sources.ts'

export interface DetectFilesInit extends Abortable {
  /** Files and folders on this machine. */
  readonly paths: readonly string[]
  readonly modelPath: string
  /** Default: the model file’s name. */
  readonly modelName?: string
  /** Where ranges for int8 are kept. */
  readonly rangesDir?: string
  readonly settings: DetectSettings
  readonly outputDir: string
  /** Write into a folder that holds something already. */
  readonly force?: boolean
  /** Go on with what an earlier run left there: files that have not changed stay, of those that have grown the rest is analysed. */
  readonly continues?: boolean
  readonly threads?: number
  readonly mediaTools?: MediaTools
  readonly accelerators?: AcceleratorSetup
  readonly log: Log
  readonly onProgress?: (progress: Progress) => void
  readonly onFile?: (fragment: Fragment) => void
}

/**
 * What the `onnx` engine does, without a daemon: analyses files and folders and leaves documents, clips and thumbnails
 * in `outputDir`. Throws `output_exists`, `input_empty`, `path_missing`, `spec_invalid`, and what the program throws.
 */
export async function detectFiles(init: DetectFilesInit): Promise<Documents> {
  const { signal } = init
  const outputsDir = resolve(init.outputDir)
  const { sources } = await findSources(await nameTargets(init.paths), { signal })
  const earlier = init.continues === true ? await readEarlierRun(outputsDir, sources) : undefined
  if (earlier === undefined) await claim(outputsDir, init.force === true)
  if (sources.length === 0) throw new EdgeError('input_empty', `no video in ${init.paths.join(', ')}`)
  await runProgram(
    {
      sources: [...sources],
      model: {
        path: resolve(init.modelPath),
        name: init.modelName ?? basename(init.modelPath).replace(/\.(onnx|pt)$/i, ''),
        rangesDir: init.rangesDir,
      },
      settings: init.settings,
      threads: init.threads ?? availableParallelism(),
      outputsDir,
      completed: [...(earlier ?? [])],
      continues: init.continues,
      tools: init.mediaTools ?? (await locateMediaTools()),
      accelerators: init.accelerators,
    },
    { log: init.log, onProgress: init.onProgress, onFragment: init.onFile },
    { signal },
  )
  return readDocuments(outputsDir)
}

export interface LabelFilesInit extends Abortable {
  /** Files and folders on this machine. */
  readonly paths: readonly string[]
  /** A folder of label files, or one that has folders called labels or detections.jsonl anywhere below. */
  readonly labels: string
  /** What detect.py was told as --vid-stride. */
  readonly vidStride?: number | undefined
  readonly policy: SignificancePolicy
  readonly clips: ClipsSpec
  readonly outputDir: string
  /** Write into a folder that holds something already. */
  readonly force?: boolean
  readonly mediaTools: MediaTools
  readonly log: Log
  readonly onProgress?: (progress: Progress) => void
}

/**
 * Events and clips of files whose detections another program left. Throws `output_exists`, `input_empty`, `path_missing`,
 * and what the program throws.
 */
export async function detectByLabels(init: LabelFilesInit): Promise<Documents> {
  const { signal, policy, clips, vidStride, log, onProgress } = init
  const outputsDir = resolve(init.outputDir)
  const labels = resolve(init.labels)
  const found = await stat(labels).catch(() => undefined)
  if (found?.isDirectory() !== true)
    throw new EdgeError('path_missing', `there is no folder of labels at ${labels}`)
  const { sources } = await findSources(await nameTargets(init.paths), { signal })
  await claim(outputsDir, init.force === true)
  if (sources.length === 0) throw new EdgeError('input_empty', `no video in ${init.paths.join(', ')}`)
  await runLabelProgram(
    {
      sources: [...sources],
      roots: [{ path: labels, name: basename(labels), isLabels: true }],
      detector: 'labels',
      ...{ policy, clips, vidStride, outputsDir },
      threads: availableParallelism(),
      tools: init.mediaTools,
    },
    { log, onProgress },
    { signal },
  )
  return readDocuments(outputsDir)
}

async function readDocuments(outputsDir: string): Promise<Documents> {
  return {
    events: EventsDocument.parse(JSON.parse(await readFile(join(outputsDir, 'events.json'), 'utf8'))),
    ledger: LedgerDocument.parse(JSON.parse(await readFile(join(outputsDir, 'ledger.json'), 'utf8'))),
  }
}

/** A folder’s own name goes before what is in it; of equal names the later get `-2`, `-3`, ... */
async function nameTargets(paths: readonly string[]): Promise<{ path: string; target: string }[]> {
  const taken = new Set<string>()
  const places: { path: string; target: string }[] = []
  for (const path of new Set(paths.map((each) => resolve(each)))) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true
    const name = basename(path)
    let unique = name
    for (let number = 2; taken.has(unique); number++) unique = `${name}-${number}`
    taken.add(unique)
    // A file brings its own name; one that is taken goes into a folder of the numbered name.
    places.push({ path, target: isFolder || unique !== name ? unique : '' })
  }
  return places
}

async function claim(outputsDir: string, force: boolean): Promise<void> {
  await mkdir(outputsDir, { recursive: true })
  const [found] = await readdir(outputsDir)
  if (found !== undefined && !force) {
    throw new EdgeError('output_exists', `${outputsDir} is not empty (it holds ${found})`)
  }
}

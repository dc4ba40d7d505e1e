import { join } from 'node:path'
import type { OnnxEngineSpec, Progress } from '../../domain/index.ts'
import { EdgeError } from '../../domain/index.ts'
import { probeVideo } from '../../media/index.ts'
import type { MediaTools, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { demandInt8 } from '../calibration/index.ts'
import { createDetector } from '../detector/index.ts'
import type { AcceleratorSetup, Detector, DetectorInit } from '../detector/index.ts'
import type { Model } from '../model/index.ts'
import { analyseOn } from './analyse-on.ts'
import { analysisKey, detectedClassIds } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import { mediaReason } from './decode-video.ts'
import { joinFragments, removeStrays, writeDocuments } from './documents.ts'
import type { Documents } from './documents.ts'
import { fileState } from './footage.ts'
import { filesOf } from './fragment.ts'
import type { Fragment, VideoSource } from './fragment.ts'
import { openLabeller } from './labelling.ts'
import { withinRange } from './range.ts'
import { RunProgress } from './run-progress.ts'

/** The part of an `onnx` spec that is not about which model. */
export type DetectSettings = Omit<OnnxEngineSpec, 'type' | 'model'>

export interface AnalyseInit {
  readonly sources: readonly VideoSource[]
  readonly model: Model
  readonly settings: DetectSettings
  readonly threads: number
  readonly outputsDir: string
  /** Files that an earlier run finished; one that does not fit any more is done anew. */
  readonly completed: readonly Fragment[]
  /** Of a file that was still being written only the rest is analysed; files that are no sources now stay as they are. */
  readonly continues?: boolean | undefined
  readonly tools: MediaTools
  readonly accelerators?: AcceleratorSetup | undefined
  readonly log: Log
}

export interface AnalyseListeners {
  readonly onProgress?: (progress: Progress) => void
  /** A file is done; `isEarlier` when it is one of `completed`. */
  readonly onFragment?: (fragment: Fragment, isEarlier: boolean) => void
}

/**
 * Analyses all sources, in the order of their names, and writes both documents. Throws `spec_invalid` for a class the
 * model does not know, and what `createDetector` and `analyseVideo` throw.
 */
export async function analyse(
  init: AnalyseInit,
  { onProgress, onFragment }: AnalyseListeners = {},
  { signal }: Abortable = {},
): Promise<Documents> {
  const { model, settings, outputsDir, tools, log } = init
  const detecting = detectorInit(init, detectedClassIds(settings, model))
  const sources = init.sources.toSorted((a, b) => (a.source < b.source ? -1 : 1))
  refuseTwins(sources)
  const detector = await createDetector(detecting)
  // What the run began with; what it was changed for is told of each source.
  const { provider, threads } = detector
  for (const note of provider.notes ?? []) log.warn({ provider: provider.name }, note)
  let labeller: Detector | undefined
  try {
    labeller = await openLabeller(detecting, detector, settings)
    const lanes = Math.max(1, Math.floor(init.threads))
    const analysis: Analysis = { tools, model, detector, labeller, settings, outputsDir, lanes, log }
    const key = analysisKey(model, detector.provider, settings)
    if (init.continues === true) refuseOthers(init, key)
    const earlier = await stillGood(init.completed, sources, { key, outputsDir })
    const videos = await probeAll(sources, earlier, tools, { signal })
    if (settings.precision === 'int8') for (const video of videos.values()) demandInt8(model, video)
    const progress = new RunProgress(
      estimateFrames(sources, earlier, videos, settings),
      onProgress ?? (() => undefined),
    )
    const fragments: Fragment[] = []
    for (const source of sources) {
      signal?.throwIfAborted()
      progress.begin(source.source)
      const onFrame = (): void => {
        progress.frame()
      }
      const kept = earlier.get(source.source)
      const video = videos.get(source.source)
      const before = earlierPart(init, source)
      const work = (): Promise<Fragment> => analyseOn(source, before, analysis, { signal, onFrame, video })
      const fragment = kept ?? (await withChanges(detector, work, log))
      fragments.push(fragment)
      progress.finish(source.source, {
        frames: fragment.ledger.frames.sampled,
        events: fragment.events.length,
        isEarlier: kept !== undefined,
      })
      onFragment?.(fragment, kept !== undefined)
    }
    fragments.push(...vanished(init))
    const documents = joinFragments({ model, provider, threads, settings, fragments })
    await removeStrays(outputsDir, documents.events)
    await writeDocuments(outputsDir, documents)
    return documents
  } finally {
    await Promise.all([detector.close(), labeller?.close()])
  }
}

/** What is known of a recording that is gone on with. */
function earlierPart({ continues, completed }: AnalyseInit, { source }: VideoSource): Fragment | undefined {
  return continues === true ? completed.find((each) => each.source === source) : undefined
}

/** What is known of files that are gone: where a run goes on, it keeps their lines. */
function vanished({ continues, completed, sources }: AnalyseInit): readonly Fragment[] {
  if (continues !== true) return []
  return completed.filter((each) => !sources.some(({ source }) => source === each.source))
}

function detectorInit(init: AnalyseInit, classIds: readonly number[] | undefined): DetectorInit {
  const { model, settings, accelerators, threads, log } = init
  const { provider, providerOptions } = settings
  return {
    // The unsure boxes below the threshold lead tracks on; those above it stay what they are without them.
    filter: {
      ...settings,
      classIds,
      scoreThreshold: Math.min(settings.scoreThreshold, settings.policy.keepScore),
    },
    ...{ model, provider, providerOptions, accelerators, threads, log },
  }
}

/** What `work` gives, with the changes of provider that were made meanwhile in its ledger. */
async function withChanges(detector: Detector, work: () => Promise<Fragment>, log: Log): Promise<Fragment> {
  const before = detector.changes.length
  const fragment = await work()
  const providerChanges = detector.changes.slice(before)
  if (providerChanges.length === 0) return fragment
  for (const change of providerChanges)
    log.warn({ source: fragment.source, ...change }, 'an execution provider failed; the next goes on')
  const all = [...(fragment.ledger.providerChanges ?? []), ...providerChanges]
  return { ...fragment, ledger: { ...fragment.ledger, providerChanges: all } }
}

/** What other settings found is no part of one document with what these find. */
function refuseOthers({ completed, outputsDir }: AnalyseInit, key: string): void {
  const other = completed.find(({ madeFrom }) => madeFrom.analysis !== key)
  if (other === undefined) return
  throw new EdgeError(
    'output_exists',
    `${outputsDir} cannot be continued: ${other.source} was analysed with another model, provider or settings`,
    {
      hint: 'Say what the first run was told, or choose another --output-dir, or --force without --continue.',
    },
  )
}

function refuseTwins(ordered: readonly VideoSource[]): void {
  const twin = ordered.find(({ source }, index) => index > 0 && ordered[index - 1]?.source === source)
  if (twin !== undefined) throw new EdgeError('usage', `two files would both be called ${twin.source}`)
}

/** Of the finished files those whose footage, analysis and clips are what they were. */
async function stillGood(
  completed: readonly Fragment[],
  sources: readonly VideoSource[],
  { key, outputsDir }: { key: string; outputsDir: string },
): Promise<ReadonlyMap<string, Fragment>> {
  const good = new Map<string, Fragment>()
  const paths = new Map(sources.map(({ source, path }) => [source, path]))
  for (const fragment of completed) {
    const path = paths.get(fragment.source)
    const { bytes, mtimeMs, analysis } = fragment.madeFrom
    if (path === undefined || analysis !== key || !fragment.wasRead) continue
    const now = await fileState(path)
    if (now?.bytes !== bytes || now.mtimeMs !== mtimeMs) continue
    const sizes = await Promise.all(filesOf(fragment).map((name) => fileState(join(outputsDir, name))))
    const bytesOut = sizes.reduce((sum, file) => sum + (file?.bytes ?? 0), 0)
    if (bytesOut === fragment.ledger.bytesOut) good.set(fragment.source, fragment)
  }
  return good
}

/** What ffprobe says of each file that is still to do; files it cannot read are left to `analyseVideo` to tell. */
async function probeAll(
  sources: readonly VideoSource[],
  earlier: ReadonlyMap<string, Fragment>,
  tools: MediaTools,
  options: Abortable,
): Promise<ReadonlyMap<string, VideoInfo>> {
  const videos = new Map<string, VideoInfo>()
  for (const { source, path } of sources) {
    if (earlier.has(source)) continue
    try {
      videos.set(source, await probeVideo(tools, path, options))
    } catch (error) {
      options.signal?.throwIfAborted()
      if (mediaReason(error) === undefined) throw error
    }
  }
  return videos
}

function estimateFrames(
  sources: readonly VideoSource[],
  earlier: ReadonlyMap<string, Fragment>,
  videos: ReadonlyMap<string, VideoInfo>,
  { mode, range, sampleFps = mode === 'dense' ? Infinity : 5 }: DetectSettings,
): ReadonlyMap<string, number> {
  return new Map(
    sources.map(({ source }) => {
      const known = earlier.get(source)?.ledger.frames.sampled
      const video = videos.get(source)
      const perSecond = Math.min(sampleFps, video !== undefined && video.frameRate > 0 ? video.frameRate : 5)
      return [source, known ?? Math.ceil(lengthWithin(video, range) * perSecond)]
    }),
  )
}

function lengthWithin(video: VideoInfo | undefined, range: DetectSettings['range']): number {
  const { startSeconds = 0, durationSeconds = 0 } = video ?? {}
  const within = withinRange({ startSeconds, endSeconds: startSeconds + durationSeconds }, range)
  return within.endSeconds - within.startSeconds
}

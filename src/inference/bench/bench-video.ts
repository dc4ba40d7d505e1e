import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { EventsDocument } from '../../domain/index.ts'
import { probeVideo, sampleFrames, scanPackets } from '../../media/index.ts'
import type { MediaTools, SampledFrame, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { detectFiles } from '../detect-files.ts'
import { createDetector } from '../detector/index.ts'
import type { Detector } from '../detector/index.ts'
import {
  cocoClasses,
  defaultRule,
  evaluate,
  readLabels,
  rulesOfPolicy,
  truthDocumentOf,
  truthOfEvents,
} from '../evaluation/index.ts'
import type { Evaluation } from '../evaluation/index.ts'
import type { Model } from '../model/index.ts'
import type { DetectSettings, Documents } from '../pipeline/index.ts'
import { planCascade } from '../cascade/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { withChildMemory } from './child-memory.ts'
import { decodeLimits } from './decode-limits.ts'
import { runRounds } from './rounds.ts'
import type { Contender, Row, Spread } from './rounds.ts'

export interface BenchInit extends Abortable {
  readonly path: string
  readonly model: Model
  readonly settings: DetectSettings
  readonly tools: MediaTools
  readonly log: Log
  readonly rounds: number
  /** Which ways of analysing are measured; `dense` is the model on every frame, `sampled` on every sampled one. */
  readonly ways: readonly BenchWay[]
  /** Dense labels of the same video, to judge the events by. */
  readonly labels?: string | undefined
  readonly onRun?: (name: string, round: number) => void
}

export const benchWays = ['auto', 'hold', 'keyframe', 'sampled', 'dense'] as const
export type BenchWay = (typeof benchWays)[number]

export interface BenchReport {
  readonly video: VideoInfo
  readonly provider: string
  readonly threads: number
  readonly rounds: number
  /** The decoder alone, then every way of analysing. */
  readonly rows: readonly (Row & { readonly timesRealTime: number; readonly agreement?: Agreement })[]
  /** On frames that were decoded before, all threads together. */
  readonly modelMsPerFrame: Spread
  /** Of the first way. */
  readonly agreement?: Evaluation
}

/** A way’s events against those of `dense`. */
export interface Agreement {
  readonly recall: number | null
  readonly coverage: number | null
}

/** Frames that the model alone is timed on. */
const modelFrames = 32

/** Measures a video in interleaved rounds: the decode limits, the ways of analysing, the model alone. */
export async function benchVideo(init: BenchInit): Promise<BenchReport> {
  const { path, model, settings, tools, rounds, labels, ways, onRun, signal } = init
  const video = await probeVideo(tools, path, { signal })
  const labelled = labels === undefined ? undefined : await labelsOf(labels, path)
  const plan = planCascade(video, await scanPackets(tools, path, { signal }), { ...settings, mode: 'hold' })
  const request = { fps: plan.sampleFps ?? 5, shape: model.shapeFor(video), video }
  const documents = new Map<BenchWay, Documents>()
  const { scoreThreshold, iouThreshold, maxDetections, provider } = settings
  const filter = { scoreThreshold, iouThreshold, maxDetections }
  const detector = await createDetector({ model, filter, provider })
  try {
    const frames = await firstFrames(tools, path, request, { signal })
    const lanes = { tools, path, request, plan, lanes: detector.threads }
    const contenders = [
      ...decodeLimits(lanes),
      ...ways.map((way) => pipeline(way, init, (found) => documents.set(way, found))),
      modelAlone(detector, frames, video),
    ]
    const rows = await runRounds(contenders, {
      ...{ rounds, signal },
      ...(onRun === undefined ? {} : { onRun }),
    })
    const [first] = documents.values()
    return {
      video,
      provider: detector.provider.name,
      threads: detector.threads,
      rounds,
      rows: rows
        .filter(({ name }) => name !== modelName)
        .map((row) => ({
          ...row,
          timesRealTime: video.durationSeconds / row.seconds.median,
          ...againstDense(documents, row.name),
        })),
      modelMsPerFrame: msPerFrame(rows.find(({ name }) => name === modelName)?.seconds, frames.length),
      ...(labelled === undefined || first === undefined
        ? {}
        : { agreement: agreementOf(first.events, video, labelled) }),
    }
  } finally {
    await detector.close()
  }
}

function againstDense(documents: ReadonlyMap<BenchWay, Documents>, name: string): { agreement?: Agreement } {
  const [dense, other] = [documents.get('dense'), documents.get(name as BenchWay)]
  if (dense === undefined || other === undefined || dense === other) return {}
  const rule = { ...defaultRule, pairing: 'any' } as const
  const { recall, coverage } = evaluate({ truth: truthOfEvents(dense), ...other, rule }).total
  return { agreement: { recall, coverage } }
}

function msPerFrame(seconds: Spread | undefined, frames: number): Spread {
  const ms = (value: number | undefined): number => ((value ?? Number.NaN) * 1000) / frames
  return { median: ms(seconds?.median), min: ms(seconds?.min), max: ms(seconds?.max) }
}

const modelName = 'model alone'

type TimeRequest = Extract<Parameters<typeof sampleFrames>[2], { fps: number }>

/** The whole program, clips included, into a folder that is taken away. Its time is the ledger’s. */
function pipeline(way: BenchWay, init: BenchInit, onFound: (found: Documents) => void): Contender {
  const { path, model, tools, log } = init
  return {
    name: way,
    run: async ({ signal }) => {
      const outputDir = await mkdtemp(join(tmpdir(), 'edge-bench-'))
      try {
        const { value, peakBytes } = await withChildMemory(() =>
          detectFiles({
            ...{ paths: [path], modelPath: model.path, modelName: model.identity.name },
            ...{ settings: settingsFor(way, init.settings), outputDir, mediaTools: tools, log, signal },
          }),
        )
        const [line] = value.ledger.sources
        if (line === undefined || line.processed.length === 0)
          throw new EdgeError(
            'media_unreadable',
            `${path}: ${line?.gaps[0]?.reason.message ?? 'not analysed'}`,
          )
        onFound(value)
        return { seconds: line.elapsedSeconds, frames: line.sampling?.analysed ?? 0, peakBytes }
      } finally {
        await rm(outputDir, { recursive: true, force: true })
      }
    },
  }
}

function settingsFor(way: BenchWay, settings: DetectSettings): DetectSettings {
  switch (way) {
    case 'dense':
      return { ...settings, mode: 'dense', sampleFps: undefined }
    case 'sampled':
      return { ...settings, mode: 'dense', sampleFps: settings.sampleFps ?? 5 }
    case 'auto':
    case 'hold':
    case 'keyframe':
      return { ...settings, mode: way }
    default:
      return assertNever(way)
  }
}

function modelAlone(detector: Detector, frames: readonly SampledFrame[], video: VideoInfo): Contender {
  const walk = async (of: readonly SampledFrame[], { signal }: Abortable): Promise<number> => {
    // the detector takes the buffers, so each run gets its own, made before the clock starts
    const copies = of.map((frame) => ({ ...frame, data: Uint8Array.from(frame.data) }))
    const given = (async function* () {
      for (const frame of copies) yield await Promise.resolve(frame)
    })()
    const startedAtMs = performance.now()
    let answers = 0
    for await (const answer of detector.detect(given, video, { signal })) answers += answer.index >= 0 ? 1 : 0
    if (answers !== of.length) throw new EdgeError('internal', `${answers} answers for ${of.length} frames`)
    return (performance.now() - startedAtMs) / 1000
  }
  let isWarm = false
  return {
    name: modelName,
    run: async (options) => {
      if (!isWarm) await walk(frames.slice(0, 2 * detector.threads), options)
      isWarm = true
      return { seconds: await walk(frames, options), frames: frames.length, peakBytes: null }
    },
  }
}

async function firstFrames(
  tools: MediaTools,
  path: string,
  request: TimeRequest,
  { signal }: Abortable,
): Promise<readonly SampledFrame[]> {
  const frames: SampledFrame[] = []
  for await (const frame of sampleFrames(tools, path, request, { signal }).frames) {
    frames.push(frame)
    if (frames.length === modelFrames) break
  }
  if (frames.length === 0) throw new EdgeError('media_unreadable', `no frame of ${path} can be decoded`)
  return frames
}

type Labelled = Awaited<ReturnType<typeof readLabels>>[number]

async function labelsOf(labels: string, path: string): Promise<Labelled> {
  const name = basename(path)
  const videos = await readLabels(labels)
  const found = videos.find(({ stem }) => name === stem || name.startsWith(`${stem}.`))
  if (found !== undefined) return found
  throw new EdgeError(
    'usage',
    `${labels} holds no labels of ${name}, but of ${videos.map(({ stem }) => stem).join(', ')}`,
  )
}

function agreementOf(events: EventsDocument, video: VideoInfo, labelled: Labelled): Evaluation {
  const { startSeconds, durationSeconds, frameRate } = video
  const truth = truthDocumentOf({
    videos: [labelled],
    rules: rulesOfPolicy(events.policy),
    classNames: cocoClasses,
    timesOf: () => ({ startSeconds, durationSeconds, framesPerSecond: frameRate }),
  })
  return evaluate({ truth, events })
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { EventsDocument } from '../../domain/index.ts'
import { measureDecode, probeVideo, sampleFrames } from '../../media/index.ts'
import type { MediaTools, SampledFrame, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { detectFiles } from '../detect-files.ts'
import { createDetector } from '../detector/index.ts'
import type { Detector } from '../detector/index.ts'
import { cocoClasses, evaluate, readLabels, rulesOfPolicy, truthDocumentOf } from '../evaluation/index.ts'
import type { Evaluation } from '../evaluation/index.ts'
import type { Model } from '../model/index.ts'
import type { DetectSettings } from '../pipeline/index.ts'
import { withChildMemory } from './child-memory.ts'
import { runRounds } from './rounds.ts'
import type { Contender, Row } from './rounds.ts'

export interface BenchInit extends Abortable {
  readonly path: string
  readonly model: Model
  readonly settings: DetectSettings
  readonly tools: MediaTools
  readonly log: Log
  readonly rounds: number
  /** Dense labels of the same video, to judge the events by. */
  readonly labels?: string | undefined
  readonly onRun?: (name: string, round: number) => void
}

export interface BenchReport {
  readonly video: VideoInfo
  readonly provider: string
  readonly threads: number
  readonly rounds: number
  /** The decoder alone, then every way of analysing. */
  readonly rows: readonly (Row & { readonly timesRealTime: number })[]
  /** On frames that were decoded before, all threads together. */
  readonly modelMsPerFrame: { readonly median: number; readonly min: number; readonly max: number }
  readonly agreement?: Evaluation
}

/** Frames that the model alone is timed on. */
const modelFrames = 32

/** Measures a video in interleaved rounds: the decode limit, the pipeline, the model alone. */
export async function benchVideo(init: BenchInit): Promise<BenchReport> {
  const { path, model, settings, tools, rounds, labels, onRun, signal } = init
  const video = await probeVideo(tools, path, { signal })
  const labelled = labels === undefined ? undefined : await labelsOf(labels, path)
  const request = { fps: settings.sampleFps, shape: model.shapeFor(video), video }
  const documents: { events?: EventsDocument } = {}
  const { scoreThreshold, iouThreshold, maxDetections, provider } = settings
  const detector = await createDetector({
    model,
    filter: { scoreThreshold, iouThreshold, maxDetections },
    provider,
  })
  try {
    const frames = await firstFrames(tools, path, request, { signal })
    const rows = await runRounds(
      [
        decodeOnly(tools, path, request),
        // further ways of analysing stand here beside it
        pipeline('dense', init, (events) => {
          documents.events = events
        }),
        modelAlone(detector, frames, video),
      ],
      { rounds, ...(onRun === undefined ? {} : { onRun }), signal },
    )
    const alone = rows.find(({ name }) => name === modelName)
    const ms = (seconds: number | undefined): number => ((seconds ?? Number.NaN) * 1000) / frames.length
    return {
      video,
      provider: detector.provider.name,
      threads: detector.threads,
      rounds,
      rows: rows
        .filter(({ name }) => name !== modelName)
        .map((row) => ({ ...row, timesRealTime: video.durationSeconds / row.seconds.median })),
      modelMsPerFrame: {
        median: ms(alone?.seconds.median),
        min: ms(alone?.seconds.min),
        max: ms(alone?.seconds.max),
      },
      ...(labelled === undefined || documents.events === undefined
        ? {}
        : { agreement: agreementOf(documents.events, video, labelled) }),
    }
  } finally {
    await detector.close()
  }
}

const modelName = 'model alone'

type TimeRequest = Extract<Parameters<typeof sampleFrames>[2], { fps: number }>

function decodeOnly(tools: MediaTools, path: string, request: TimeRequest): Contender {
  return {
    name: 'decode only',
    run: async ({ signal }) => {
      const { value, peakBytes } = await withChildMemory(() =>
        measureDecode(tools, path, request, { signal }),
      )
      return { ...value, peakBytes }
    },
  }
}

/** The whole program, clips included, into a folder that is taken away. Its time is the ledger’s. */
function pipeline(name: string, init: BenchInit, onEvents: (events: EventsDocument) => void): Contender {
  const { path, model, settings, tools, log } = init
  return {
    name,
    run: async ({ signal }) => {
      const outputDir = await mkdtemp(join(tmpdir(), 'edge-bench-'))
      try {
        const { value, peakBytes } = await withChildMemory(() =>
          detectFiles({
            ...{ paths: [path], modelPath: model.path, modelName: model.identity.name, settings },
            ...{ outputDir, mediaTools: tools, log, signal },
          }),
        )
        const [line] = value.ledger.sources
        if (line === undefined || line.processed.length === 0)
          throw new EdgeError(
            'media_unreadable',
            `${path}: ${line?.gaps[0]?.reason.message ?? 'not analysed'}`,
          )
        onEvents(value.events)
        return { seconds: line.elapsedSeconds, frames: line.frames.sampled, peakBytes }
      } finally {
        await rm(outputDir, { recursive: true, force: true })
      }
    },
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

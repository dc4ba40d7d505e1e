import type { EdgeEvent, Interval, LedgerSource, Reason } from '../../domain/index.ts'
import { probeVideo, scanPackets } from '../../media/index.ts'
import type { MediaTools, PacketScan, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { describeEvent, roundExactly, selectEvents } from '../events/index.ts'
import { linkSightings } from '../clips/index.ts'
import type { Track } from '../tracking/index.ts'
import { analysisKey, modelKey, precisionFor } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import type { Coverage } from './coverage.ts'
import { coverPieces, describeSampling, faultsOf, measure } from './cover-pieces.ts'
import { cutEvent } from './cut-event.ts'
import type { Footage } from './cut-event.ts'
import { drawSource } from './draw-source.ts'
import type { DrawnSource } from './draw-source.ts'
import { decodeVideo, mediaReason } from './decode-video.ts'
import { fileState, fingerprintFootage } from './footage.ts'
import { findGrowth, tracksUntil, withTail } from './growth.ts'
import type { FileState } from './footage.ts'
import type { Fragment, VideoSource } from './fragment.ts'

export interface AnalyseVideoOptions extends Abortable {
  readonly onFrame?: (() => void) | undefined
  /** What `probeVideo` said of the file before; probed anew when left out. */
  readonly video?: VideoInfo | undefined
}

/** What was learnt of a file before it was known whether all of it counts. */
interface Findings {
  /** The file is being written: what is told is of what it held. */
  readonly isGrowing?: boolean
  readonly footage: Interval
  readonly frames: { readonly inFile: number; readonly sampled: number; readonly withDetections: number }
  readonly sampling: LedgerSource['sampling']
  /** What it was computed with. */
  readonly by?: Pick<LedgerSource, 'precision' | 'labels'>
  readonly keyframes: { readonly count: number; readonly largestGapSeconds: number }
  readonly coverage: Coverage
  readonly events: readonly EdgeEvent[]
  readonly bytesOut: number
  readonly drawn: DrawnSource
  /** What was wrong with the footage without leaving a gap. */
  readonly faults: readonly Reason[]
}

/**
 * Analyses one file: events with their clips and thumbnails under `outputsDir`, and the file’s line of the ledger. A
 * file that cannot be read, or that was written to meanwhile, is a gap with its reason; throws only for what concerns
 * every file (`model_invalid`, `engine_crashed`, `ffmpeg_missing`, an abort).
 */
export async function analyseVideo(
  { source, path }: VideoSource,
  analysis: Analysis,
  options: AnalyseVideoOptions = {},
): Promise<Fragment> {
  const startedAt = performance.now()
  const before = await fileState(path)
  const findings =
    before === undefined
      ? unread({ code: 'unreadable', message: 'the file is not there, or may not be read' })
      : await unlessChanged(before, path, await findEvents({ source, path, before }, analysis, options))
  const { footage, frames, sampling, by, keyframes, coverage, events, bytesOut, drawn, faults } = findings
  const problems = [...faults, ...drawn.problems]
  const { bytes, mtimeMs } = before ?? { bytes: 0, mtimeMs: 0 }
  return {
    source,
    madeFrom: {
      bytes,
      mtimeMs,
      analysis: analysisKey(analysis.model, analysis.detector.provider, analysis.settings),
    },
    wasRead: coverage.processed.length > 0 || coverage.gaps.length === 0,
    events: [...events],
    ledger: {
      source,
      bytesIn: bytes,
      bytesOut,
      startSeconds: roundExactly(footage.startSeconds),
      durationSeconds: roundExactly(roundExactly(footage.endSeconds) - roundExactly(footage.startSeconds)),
      frames,
      ...(sampling === undefined ? {} : { sampling }),
      ...by,
      keyframes,
      processed: [...coverage.processed],
      gaps: [...coverage.gaps],
      events: events.length,
      clips: events.filter(({ clip }) => clip !== null).length,
      ...(drawn.pictures === undefined ? {} : { pictures: drawn.pictures }),
      ...(problems.length === 0 ? {} : { problems }),
      elapsedSeconds: roundExactly((performance.now() - startedAt) / 1000),
    },
  }
}

async function findEvents(
  { source, path, before }: VideoSource & { readonly before: FileState },
  analysis: Analysis,
  options: AnalyseVideoOptions,
): Promise<Findings> {
  const opened = await readFootage(path, analysis.tools, options)
  if ('reason' in opened) return unread(opened.reason, opened.video)
  const { video, scan, fingerprint } = opened
  const decoded = await decodeVideo({ path, video, scan }, analysis, options)
  const { plan, knownSeconds, withDetections, labelled } = decoded
  const { footage: all, missing } = measure(video, scan, decoded)
  const growth = await findGrowth(path, { before, video, scan })
  const footage = { ...all, endSeconds: growth?.wholeToSeconds ?? all.endSeconds }
  const cutting: Footage = {
    ...{ ...analysis, path, video, keyframeSeconds: scan.keyframeSeconds },
    clips: analysis.settings.clips,
    policy: analysis.settings.policy,
    classes: analysis.model.classes,
    paths: linkSightings(decoded.sightings, plan.stepSeconds),
    stepSeconds: plan.stepSeconds,
  }
  const sureScore = analysis.settings.scoreThreshold
  const tracks = tracksUntil(decoded.tracks, { endSeconds: footage.endSeconds, sureScore })
  const { events, bytesOut } = await cutEvents(tracks, cutting, {
    ...{ source, footage, fingerprint, analysis },
    seenSeconds: plan.mode === 'keyframe' ? knownSeconds : undefined,
    signal: options.signal,
  })
  const read = coverPieces(decoded, { video, footage, missing, jumps: scan.jumps })
  const coverage = growth === undefined ? read : withTail(read, footage, all, growth.reason)
  const about = { source, footage: all, events, gaps: coverage.gaps }
  const drawn = await drawSource(about, cutting, options)
  return {
    footage: all,
    isGrowing: growth !== undefined,
    frames: {
      inFile: scan.frames,
      sampled: decoded.pieces.reduce((sum, { sampledSeconds }) => sum + sampledSeconds.length, 0),
      withDetections,
    },
    sampling: describeSampling(decoded),
    by: { precision: precisionFor(analysis.model, analysis.detector.provider, video), ...labelled },
    keyframes: {
      count: scan.keyframeSeconds.length,
      largestGapSeconds: roundExactly(scan.largestKeyframeGapSeconds),
    },
    coverage,
    events,
    bytesOut: bytesOut + drawn.bytes,
    drawn,
    // pictures that were damaged and shown all the same leave no gap, but shall not go unsaid
    faults: coverage.gaps.length > 0 ? [] : faultsOf(decoded, scan.jumps),
  }
}

interface Read {
  readonly video: VideoInfo
  readonly scan: PacketScan
  readonly fingerprint: string
}

async function readFootage(
  path: string,
  tools: MediaTools,
  options: AnalyseVideoOptions,
): Promise<Read | { readonly reason: Reason; readonly video: VideoInfo | undefined }> {
  let { video } = options
  try {
    video ??= await probeVideo(tools, path, options)
    return {
      video,
      scan: await scanPackets(tools, path, options),
      fingerprint: await fingerprintFootage(path),
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    const reason = mediaReason(error)
    if (reason === undefined) throw error
    return { reason, video }
  }
}

interface CuttingContext extends Abortable {
  readonly source: string
  readonly footage: Interval
  readonly fingerprint: string
  readonly analysis: Analysis
  /** Where frames lie far apart: those between which an object may have come or gone. */
  readonly seenSeconds: readonly number[] | undefined
}

async function cutEvents(
  tracks: readonly Track[],
  cutting: Footage,
  about: CuttingContext,
): Promise<{ events: readonly EdgeEvent[]; bytesOut: number }> {
  const { source, footage, fingerprint, analysis, seenSeconds, signal } = about
  const { model, settings } = analysis
  const { classes } = model
  const context = {
    source,
    footage: fingerprint,
    modelSha256: modelKey(analysis, cutting.video),
    settings,
    classes,
    startSeconds: footage.startSeconds,
    recordedAt: cutting.video.recordedAt,
  }
  const events: EdgeEvent[] = []
  let bytesOut = 0
  for (const selected of selectEvents(tracks, settings.policy, {
    classes,
    footage,
    picture: cutting.video,
    seenSeconds,
  })) {
    const cut = await cutEvent(describeEvent(selected, context), cutting, { signal })
    events.push(cut.event)
    bytesOut += cut.bytes
  }
  return { events, bytesOut }
}

function unread(reason: Reason, video?: VideoInfo): Findings {
  const startSeconds = roundExactly(video?.startSeconds ?? 0)
  const footage = { startSeconds, endSeconds: roundExactly(startSeconds + (video?.durationSeconds ?? 0)) }
  return {
    footage,
    frames: { inFile: 0, sampled: 0, withDetections: 0 },
    sampling: undefined,
    keyframes: { count: 0, largestGapSeconds: 0 },
    coverage: { processed: [], gaps: [{ ...footage, reason }] },
    events: [],
    bytesOut: 0,
    drawn: { pictures: undefined, problems: [], bytes: 0 },
    faults: [],
  }
}

/** A file that was replaced while it was read, or grew in the middle, gives no result that could be repeated: all is a gap. */
async function unlessChanged(before: FileState, path: string, findings: Findings): Promise<Findings> {
  const after = await fileState(path)
  if (after?.bytes === before.bytes && after.mtimeMs === before.mtimeMs) return findings
  if (findings.isGrowing === true && after !== undefined && after.bytes >= before.bytes) return findings
  const reason: Reason = { code: 'file_changed', message: 'the file was written to while it was analysed' }
  return {
    ...findings,
    faults: [],
    coverage: { processed: [], gaps: [{ ...findings.footage, reason }] },
    events: [],
    bytesOut: 0,
    drawn: { pictures: undefined, problems: [], bytes: 0 },
  }
}

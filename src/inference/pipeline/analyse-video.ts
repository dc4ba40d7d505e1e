import type { EdgeEvent, Interval, Reason } from '../../domain/index.ts'
import { probeVideo, scanPackets } from '../../media/index.ts'
import type { MediaTools, PacketScan, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { describeEvent, roundExactly, selectEvents } from '../events/index.ts'
import { linkSightings } from '../clips/index.ts'
import type { Track } from '../tracking/index.ts'
import { analysisKey } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import { splitCoverage } from './coverage.ts'
import type { Coverage } from './coverage.ts'
import { cutEvent } from './cut-event.ts'
import type { Footage } from './cut-event.ts'
import { drawSource } from './draw-source.ts'
import type { DrawnSource } from './draw-source.ts'
import { decodeVideo, mediaReason } from './decode-video.ts'
import type { DecodedVideo } from './decode-video.ts'
import { fileState, fingerprintFootage } from './footage.ts'
import type { FileState } from './footage.ts'
import type { Fragment, VideoSource } from './fragment.ts'

export interface AnalyseVideoOptions extends Abortable {
  readonly onFrame?: (() => void) | undefined
  /** What `probeVideo` said of the file before; probed anew when left out. */
  readonly video?: VideoInfo | undefined
}

/** What was learnt of a file before it was known whether all of it counts. */
interface Findings {
  readonly footage: Interval
  readonly frames: { readonly inFile: number; readonly sampled: number; readonly withDetections: number }
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
      : await unlessChanged(before, path, await findEvents({ source, path }, analysis, options))
  const { footage, frames, keyframes, coverage, events, bytesOut, drawn, faults } = findings
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
  { source, path }: VideoSource,
  analysis: Analysis,
  options: AnalyseVideoOptions,
): Promise<Findings> {
  const read = await readFootage(path, analysis.tools, options)
  if ('reason' in read) return unread(read.reason, read.video)
  const { video, scan, fingerprint } = read
  const decoded = await decodeVideo(path, video, analysis, options)
  const { footage, loss } = measure(video, scan, decoded)
  const cutting: Footage = {
    ...{ ...analysis, path, video, keyframeSeconds: scan.keyframeSeconds },
    clips: analysis.settings.clips,
    policy: analysis.settings.policy,
    classes: analysis.model.classes,
    paths: linkSightings(decoded.sightings, 1 / analysis.settings.sampleFps),
    stepSeconds: 1 / analysis.settings.sampleFps,
  }
  const { events, bytesOut } = await cutEvents(decoded.tracks, cutting, {
    ...{ source, footage, fingerprint, analysis },
    signal: options.signal,
  })
  const frameSeconds = video.frameRate > 0 ? 1 / video.frameRate : 0
  const [jump] = scan.jumps
  const why = loss ?? (jump === undefined ? undefined : { code: 'time_jump' as const, message: jump })
  const { sampledSeconds, lastSeconds, withDetections } = decoded
  const coverage = splitCoverage({
    footage,
    sampledSeconds,
    stepSeconds: Math.max(1 / analysis.settings.sampleFps, frameSeconds),
    frameSeconds,
    decodedToSeconds: lastSeconds === undefined ? undefined : lastSeconds + frameSeconds,
    loss: why,
  })
  const about = { source, footage, events, gaps: coverage.gaps }
  const drawn = await drawSource(about, cutting, options)
  return {
    footage,
    frames: { inFile: scan.frames, sampled: sampledSeconds.length, withDetections },
    keyframes: {
      count: scan.keyframeSeconds.length,
      largestGapSeconds: roundExactly(scan.largestKeyframeGapSeconds),
    },
    coverage,
    events,
    bytesOut: bytesOut + drawn.bytes,
    drawn,
    // pictures that were damaged and shown all the same leave no gap, but shall not go unsaid
    faults: why === undefined || coverage.gaps.length > 0 ? [] : [why],
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

async function cutEvents(
  tracks: readonly Track[],
  cutting: Footage,
  about: { source: string; footage: Interval; fingerprint: string; analysis: Analysis } & Abortable,
): Promise<{ events: readonly EdgeEvent[]; bytesOut: number }> {
  const { source, footage, fingerprint, analysis, signal } = about
  const { model, settings } = analysis
  const { classes } = model
  const context = {
    source,
    footage: fingerprint,
    modelSha256: model.identity.sha256,
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
  })) {
    const cut = await cutEvent(describeEvent(selected, context), cutting, { signal })
    events.push(cut.event)
    bytesOut += cut.bytes
  }
  return { events, bytesOut }
}

/** Containers announce durations that differ a little from their packets’; more than this is footage that is missing. */
const announcedToleranceSeconds = 1

/** From the first packet to the end of the last, or to the end that the container announces when the file is cut off. */
function measure(
  video: VideoInfo,
  scan: PacketScan,
  { loss, sampledSeconds, lastSeconds }: DecodedVideo,
): { footage: Interval; loss: Reason | undefined } {
  // Containers without PTS (AVI) number their packets as they are stored, a little before they are shown.
  const firstSeconds = scan.frames > 0 ? scan.firstSeconds : video.startSeconds
  const startSeconds = Math.min(firstSeconds, sampledSeconds[0] ?? firstSeconds)
  const endSeconds = Math.max(startSeconds, scan.endSeconds, lastSeconds ?? startSeconds)
  const announced = video.startSeconds + video.durationSeconds
  const missing = announced - endSeconds
  const isDamaged = scan.errors.length > 0
  if (missing <= (isDamaged ? 0 : announcedToleranceSeconds)) {
    return { footage: { startSeconds, endSeconds }, loss }
  }
  const message = `the file ends at ${endSeconds.toFixed(3)} s of the ${announced.toFixed(3)} s it announces`
  return { footage: { startSeconds, endSeconds: announced }, loss: { code: 'truncated', message } }
}

function unread(reason: Reason, video?: VideoInfo): Findings {
  const startSeconds = roundExactly(video?.startSeconds ?? 0)
  const footage = { startSeconds, endSeconds: roundExactly(startSeconds + (video?.durationSeconds ?? 0)) }
  return {
    footage,
    frames: { inFile: 0, sampled: 0, withDetections: 0 },
    keyframes: { count: 0, largestGapSeconds: 0 },
    coverage: { processed: [], gaps: [{ ...footage, reason }] },
    events: [],
    bytesOut: 0,
    drawn: { pictures: undefined, problems: [], bytes: 0 },
    faults: [],
  }
}

/** A file that grew or was replaced while it was read gives no result that could be repeated: all of it is a gap. */
async function unlessChanged(before: FileState, path: string, findings: Findings): Promise<Findings> {
  const after = await fileState(path)
  if (after?.bytes === before.bytes && after.mtimeMs === before.mtimeMs) return findings
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

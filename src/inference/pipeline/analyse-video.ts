import type { EdgeEvent, Interval, LedgerSource, Reason } from '../../domain/index.ts'
import { probeVideo, scanPackets } from '../../media/index.ts'
import type { MediaTools, PacketScan, VideoInfo } from '../../media/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { floorSeconds, openSince, roundExactly } from '../events/index.ts'
import { linkSightings } from '../clips/index.ts'
import { analysisKey, modelKey, precisionFor } from './analysis.ts'
import type { Analysis } from './analysis.ts'
import type { Coverage } from './coverage.ts'
import { coverPieces, describeSampling, faultsOf, measure } from './cover-pieces.ts'
import type { Footage } from './cut-event.ts'
import { cutEvents } from './cut-events.ts'
import { drawSource } from './draw-source.ts'
import type { DrawnSource, SourceFindings } from './draw-source.ts'
import { decodeVideo, mediaReason } from './decode-video.ts'
import type { DecodedVideo } from './decode-video.ts'
import { fileState, fingerprintFootage } from './footage.ts'
import type { EarlierPart } from './continuation.ts'
import { findGrowth, stillWritten, tracksUntil, withTail } from './growth.ts'
import type { FileState } from './footage.ts'
import type { Fragment, VideoSource } from './fragment.ts'
import { missedByRange, outsideRange, withinRange } from './range.ts'

export interface AnalyseVideoOptions extends Abortable {
  readonly onFrame?: (() => void) | undefined
  /** What `probeVideo` said of the file before; probed anew when left out. */
  readonly video?: VideoInfo | undefined
  /** What is told with what is found: of an earlier run, over the part before the range. */
  readonly earlier?: EarlierPart | undefined
}

/** What was learnt of a file before it was known whether all of it counts. */
interface Findings {
  /** The file is being written: what is told is of what it held. */
  readonly isGrowing?: boolean
  /** Where a later run begins. */
  readonly continuation?: LedgerSource['continuation']
  readonly fingerprint?: string
  readonly footage: Interval
  readonly frames: { readonly inFile: number; readonly sampled: number; readonly withDetections: number }
  readonly sampling: LedgerSource['sampling']
  /** What it was computed with. */
  readonly by?: Pick<LedgerSource, 'precision' | 'labels'>
  readonly keyframes: { readonly count: number; readonly largestGapSeconds: number }
  readonly coverage: Coverage
  /** What a range left out. */
  readonly outside: readonly Interval[]
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
  const { footage, frames, sampling, by, keyframes, coverage, outside, events, bytesOut } = findings
  const { drawn, faults, continuation, fingerprint } = findings
  const problems = [...faults, ...drawn.problems]
  const { bytes, mtimeMs } = before ?? { bytes: 0, mtimeMs: 0 }
  const key = analysisKey(analysis.model, analysis.detector.provider, analysis.settings)
  return {
    source,
    madeFrom: { bytes, mtimeMs, analysis: key },
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
      ...(outside.length === 0 ? {} : { outside: [...outside] }),
      ...(continuation === undefined ? {} : { continuation }),
      madeFrom: { ...(fingerprint === undefined ? {} : { fingerprint }), analysis: key },
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
  const opened = await readFootage({ path, before }, analysis.tools, options)
  if ('reason' in opened) return unread(opened.reason, opened.video)
  const { video, scan, fingerprint } = opened
  const { clips, policy, scoreThreshold: sureScore, range } = analysis.settings
  const missed = missedByRange(video, scan, range)
  if (missed !== undefined)
    return {
      ...{ ...nothing, ...missed, fingerprint, keyframes: keyframesOf(scan) },
      frames: { ...nothing.frames, inFile: scan.frames },
      isGrowing: (await findGrowth(path, { before, video, scan })) !== undefined,
    }
  const decoded = await decodeVideo({ path, video, scan }, analysis, options)
  const { plan, knownSeconds, labelled } = decoded
  const { footage: all, missing } = measure(video, scan, decoded)
  const growth = await findGrowth(path, { before, video, scan })
  const asked = withinRange(all, range)
  const within = withinRange(asked, { toSeconds: growth?.wholeToSeconds })
  const whole = withinRange(all, { toSeconds: growth?.wholeToSeconds })
  const cutting: Footage = {
    ...{ ...analysis, path, video, clips, policy, keyframeSeconds: scan.keyframeSeconds },
    classes: analysis.model.classes,
    paths: linkSightings(decoded.sightings, plan.stepSeconds),
    stepSeconds: plan.stepSeconds,
  }
  const tracks = tracksUntil(decoded.tracks, { endSeconds: within.endSeconds, sureScore })
  const seenSeconds = plan.mode === 'keyframe' ? knownSeconds : undefined
  const { events, bytesOut } = await cutEvents(tracks, cutting, {
    ...{ ...analysis, source, all: whole, within, fingerprint, seenSeconds, signal: options.signal },
    modelSha256: modelKey(analysis, video),
  })
  const read = coverPieces(decoded, {
    ...{ video, footage: within, jumps: scan.jumps },
    missing: within.endSeconds > scan.endSeconds ? missing : undefined,
  })
  const scene = { classes: cutting.classes, footage: within, whole, picture: video, seenSeconds }
  const fromSeconds = floorSeconds(openSince(tracks, policy, scene))
  const coverage = growth === undefined ? read : withTail(read, within, asked, stillWritten(fromSeconds))
  const isOpen = coverage.gaps.some(({ reason }) => reason.code === 'still_written')
  const drawn = await drawSource(
    withEarlier({ source, footage: asked, events, gaps: coverage.gaps }, options),
    cutting,
    options,
  )
  return {
    footage: all,
    isGrowing: growth !== undefined,
    fingerprint,
    ...(isOpen ? { continuation: { fromSeconds } } : {}),
    ...countsOf(scan, decoded),
    by: { precision: precisionFor(analysis.model, analysis.detector.provider, video), ...labelled },
    ...{ coverage, events, drawn, outside: outsideRange(all, asked) },
    bytesOut: bytesOut + drawn.bytes,
    // pictures that were damaged and shown all the same leave no gap, but shall not go unsaid
    faults: coverage.gaps.length > 0 ? [] : faultsOf(decoded, scan.jumps),
  }
}

function countsOf(
  scan: PacketScan,
  decoded: DecodedVideo,
): Pick<Findings, 'frames' | 'sampling' | 'keyframes'> {
  const sampled = decoded.pieces.reduce((sum, { sampledSeconds }) => sum + sampledSeconds.length, 0)
  return {
    frames: { inFile: scan.frames, sampled, withDetections: decoded.withDetections },
    sampling: describeSampling(decoded),
    keyframes: keyframesOf(scan),
  }
}

function keyframesOf({ keyframeSeconds, largestKeyframeGapSeconds }: PacketScan): Findings['keyframes'] {
  return { count: keyframeSeconds.length, largestGapSeconds: roundExactly(largestKeyframeGapSeconds) }
}

/** A file’s pictures show all of it, however many runs it took. */
function withEarlier(found: SourceFindings, { earlier }: AnalyseVideoOptions): SourceFindings {
  if (earlier === undefined) return found
  return {
    ...found,
    footage: { ...found.footage, startSeconds: earlier.startSeconds },
    events: [...earlier.events, ...found.events],
    gaps: [...earlier.gaps, ...found.gaps],
  }
}

interface Read {
  readonly video: VideoInfo
  readonly scan: PacketScan
  readonly fingerprint: string
}

async function readFootage(
  { path, before }: { readonly path: string; readonly before: FileState },
  tools: MediaTools,
  options: AnalyseVideoOptions,
): Promise<Read | { readonly reason: Reason; readonly video: VideoInfo | undefined }> {
  let { video } = options
  try {
    video ??= await probeVideo(tools, path, options)
    return {
      video,
      scan: await scanPackets(tools, path, options),
      fingerprint: await fingerprintFootage(path, before.bytes),
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    const reason = mediaReason(error)
    if (reason === undefined) throw error
    return { reason, video }
  }
}

const nothing = {
  frames: { inFile: 0, sampled: 0, withDetections: 0 },
  sampling: undefined,
  keyframes: { count: 0, largestGapSeconds: 0 },
  events: [],
  bytesOut: 0,
  drawn: { pictures: undefined, problems: [], bytes: 0 },
  faults: [],
}

function unread(reason: Reason, video?: VideoInfo): Findings {
  const startSeconds = roundExactly(video?.startSeconds ?? 0)
  const footage = { startSeconds, endSeconds: roundExactly(startSeconds + (video?.durationSeconds ?? 0)) }
  return { ...nothing, footage, coverage: { processed: [], gaps: [{ ...footage, reason }] }, outside: [] }
}

/** A file that was replaced while it was read, or grew in the middle, gives no result that could be repeated: all is a gap. */
async function unlessChanged(before: FileState, path: string, findings: Findings): Promise<Findings> {
  const after = await fileState(path)
  if (after?.bytes === before.bytes && after.mtimeMs === before.mtimeMs) return findings
  if (findings.isGrowing === true && after !== undefined && after.bytes >= before.bytes) return findings
  const reason: Reason = { code: 'file_changed', message: 'the file was written to while it was analysed' }
  return {
    ...findings,
    ...{ events: nothing.events, bytesOut: 0, drawn: nothing.drawn, faults: [] },
    coverage: { processed: [], gaps: [{ ...findings.footage, reason }] },
    outside: [],
  }
}

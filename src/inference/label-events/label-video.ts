import { createHash } from 'node:crypto'
import type {
  ClipsSpec,
  EdgeEvent,
  Gap,
  Interval,
  LedgerSource,
  Reason,
  SignificancePolicy,
} from '../../domain/index.ts'
import { probeVideo, scanPackets } from '../../media/index.ts'
import type { MediaTools, PacketScan, VideoInfo } from '../../media/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import { linkSightings } from '../clips/index.ts'
import { roundExactly, settingsKey } from '../events/index.ts'
import type { AnalysisSettings } from '../events/index.ts'
import {
  cutEvents,
  drawSource,
  fileState,
  fingerprintFootage,
  measure,
  mediaReason,
} from '../pipeline/index.ts'
import type { Footage, Fragment, VideoSource } from '../pipeline/index.ts'
import { coverLeft } from './cover-left.ts'
import type { ClassRegistry } from './class-registry.ts'
import { timeFrames } from './frame-times.ts'
import type { TimedFrames } from './frame-times.ts'
import type { LeftDetections } from './left-detections.ts'
import { Problems } from './problems.ts'
import { tracksOf } from './tracks-of.ts'

/** Everything that is the same for all videos of one run. */
export interface LabelRun {
  readonly tools: MediaTools
  readonly classes: ClassRegistry
  readonly policy: SignificancePolicy
  readonly clips: ClipsSpec
  readonly outputsDir: string
  readonly lanes: number
  readonly vidStride: number
  /** Why what was left may not be all: after the last frame that is mentioned nothing is known. */
  readonly brokenOff: Reason | undefined
  /** Why a video of which nothing was left is not taken for one without objects. */
  readonly missing: Reason | undefined
  readonly log: Log
}

/** As in a dense run of the `onnx` engine: what events are made of is the same. */
export function settingsFor(
  policy: SignificancePolicy,
): AnalysisSettings & { readonly sampleFps?: undefined } {
  return { mode: 'dense', scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300, policy }
}

/** One video’s part of both documents, and a hash of its detections. */
export interface LabelledFragment {
  readonly fragment: Fragment
  readonly detectionsSha256: string
}

interface Findings {
  readonly footage: Interval
  readonly ledger: Pick<LedgerSource, 'frames' | 'keyframes' | 'bytesOut' | 'pictures' | 'detections'>
  readonly events: readonly EdgeEvent[]
  readonly processed: readonly Interval[]
  readonly gaps: readonly Gap[]
  readonly problems: readonly Reason[]
  readonly fingerprint?: string
  readonly detectionsSha256: string
}

/**
 * Events and clips of one video from what was left of it. A file that cannot be read is a gap with its reason; throws
 * only for what concerns every file (`ffmpeg_missing`, an abort).
 */
export async function labelVideo(
  { source, path }: VideoSource,
  left: LeftDetections | undefined,
  run: LabelRun,
  options: Abortable,
): Promise<LabelledFragment> {
  const startedAt = performance.now()
  const before = await fileState(path)
  const findings =
    before === undefined
      ? unread({ code: 'unreadable', message: 'the file is not there, or may not be read' })
      : await findingsOf({ source, path, bytes: before.bytes }, left, run, options)
  const { footage, ledger, events, processed, gaps, problems, fingerprint, detectionsSha256 } = findings
  const [startSeconds, endSeconds] = [roundExactly(footage.startSeconds), roundExactly(footage.endSeconds)]
  const settings = settingsFor(run.policy)
  const analysis = hashOf([detectionsSha256, settingsKey(settings), run.clips])
  return {
    detectionsSha256,
    fragment: {
      source,
      madeFrom: { bytes: before?.bytes ?? 0, mtimeMs: before?.mtimeMs ?? 0, analysis },
      wasRead: fingerprint !== undefined,
      events: [...events],
      ledger: {
        ...{ source, bytesIn: before?.bytes ?? 0, startSeconds, ...ledger },
        durationSeconds: roundExactly(endSeconds - startSeconds),
        ...{ processed: [...processed], gaps: [...gaps] },
        madeFrom: { ...(fingerprint === undefined ? {} : { fingerprint }), analysis },
        events: events.length,
        clips: events.filter(({ clip }) => clip !== null).length,
        ...(problems.length === 0 ? {} : { problems: [...problems] }),
        elapsedSeconds: roundExactly((performance.now() - startedAt) / 1000),
      },
    },
  }
}

interface Opened {
  readonly video: VideoInfo
  readonly scan: PacketScan
  /** PTS of all frames, ascending. */
  readonly times: readonly number[]
  readonly fingerprint: string
}

async function openVideo(
  path: string,
  bytes: number,
  tools: MediaTools,
  options: Abortable,
): Promise<Opened | { readonly reason: Reason }> {
  try {
    const times: number[] = []
    const video = await probeVideo(tools, path, options)
    const scan = await scanPackets(tools, path, {
      ...options,
      onFrameSeconds: (seconds) => times.push(seconds),
    })
    return {
      ...{ video, scan, fingerprint: await fingerprintFootage(path, bytes) },
      times: times.sort((a, b) => a - b),
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    const reason = mediaReason(error)
    if (reason === undefined) throw error
    return { reason }
  }
}

async function findingsOf(
  { source, path, bytes }: VideoSource & { readonly bytes: number },
  left: LeftDetections | undefined,
  run: LabelRun,
  options: Abortable,
): Promise<Findings> {
  const { policy, clips, classes, tools } = run
  const opened = await openVideo(path, bytes, tools, options)
  if ('reason' in opened) return unread(opened.reason)
  const { video, scan, times, fingerprint } = opened
  const problems = left?.problems ?? new Problems()
  const timed = timeFrames((await left?.read(options)) ?? [], times, problems, run.vidStride)
  const { footage, missing } = measure(video, scan, { pieces: [] })
  const coverage = coverLeft(footage, {
    ...{ scan, truncated: missing, timed: left === undefined ? undefined : timed },
    ...{ brokenOff: run.brokenOff, missing: run.missing },
  })
  const { tracks, sightings, withDetections } = tracksOf(timed, { policy, clips, classes: classes.names })
  const cutting: Footage = {
    ...{ ...run, path, video, keyframeSeconds: scan.keyframeSeconds, classes: classes.names },
    paths: linkSightings(sightings, timed.stepSeconds),
    stepSeconds: timed.stepSeconds,
  }
  const detectionsSha256 = hashOf(described(timed, classes.names))
  const { events, bytesOut } = await cutEvents(tracks, cutting, {
    ...{ source, all: footage, within: footage, fingerprint, seenSeconds: undefined },
    ...{ modelSha256: detectionsSha256, settings: settingsFor(policy), lanes: run.lanes },
    signal: options.signal,
  })
  // What was not looked at may show what is to be hidden.
  const drawn =
    clips.redact !== undefined && coverage.gaps.length > 0
      ? { pictures: undefined, problems: [], bytes: 0 }
      : await drawSource({ source, footage, events, gaps: coverage.gaps }, cutting, options)
  const jumps = scan.jumps.map((message): Reason => ({ code: 'time_jump', message }))
  return {
    ...{ footage, events, ...coverage, fingerprint, detectionsSha256 },
    problems: [...problems.told, ...jumps.slice(0, 1), ...drawn.problems],
    ledger: {
      bytesOut: bytesOut + drawn.bytes,
      frames: { inFile: scan.frames, sampled: Math.ceil(scan.frames / timed.everyNthFrame), withDetections },
      ...(left === undefined ? {} : { detections: detectionsOf(left, timed) }),
      keyframes: {
        count: scan.keyframeSeconds.length,
        largestGapSeconds: roundExactly(scan.largestKeyframeGapSeconds),
      },
      ...(drawn.pictures === undefined ? {} : { pictures: drawn.pictures }),
    },
  }
}

function detectionsOf(
  left: LeftDetections,
  { frames, everyNthFrame, isCounted }: TimedFrames,
): LedgerSource['detections'] {
  const boxes = frames.reduce((sum, { detections }) => sum + detections.length, 0)
  return {
    from: [...left.from],
    frames: frames.length,
    boxes,
    everyNthFrame,
    ...(isCounted ? { isCounted } : {}),
  }
}

/** What events depend on, in an order that does not depend on how it was written. */
function described({ frames }: TimedFrames, classes: readonly string[]): unknown {
  return frames.map(({ seconds, detections }) => [
    roundExactly(seconds),
    detections.map(({ classId, score, box }) => [classes[classId], score, ...box]),
  ])
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

function unread(reason: Reason): Findings {
  const footage = { startSeconds: 0, endSeconds: 0 }
  return {
    ...{ footage, events: [], processed: [], gaps: [{ ...footage, reason }], problems: [] },
    detectionsSha256: hashOf([]),
    ledger: {
      bytesOut: 0,
      frames: { inFile: 0, sampled: 0, withDetections: 0 },
      keyframes: { count: 0, largestGapSeconds: 0 },
    },
  }
}

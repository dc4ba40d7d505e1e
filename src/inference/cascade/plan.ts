import type { OnnxEngineSpec } from '../../domain/index.ts'
import type { Decoding, FootagePart, PacketScan, VideoInfo } from '../../media/index.ts'

/** How a file is looked through: every frame that is asked for, those that may differ, or keyframes. */
export type Mode = 'dense' | 'hold' | 'keyframe'

/**
 * A stretch of footage that is decoded by itself, from a keyframe on. The first and the last are open at their outer end
 * where no range ends them.
 */
export interface Chunk extends FootagePart {
  readonly startSeconds: number
  readonly endSeconds: number
}

export interface CascadePlan {
  readonly mode: Mode
  /** Why this one. */
  readonly reason: string
  /** Frames sampled per second of footage; undefined where every frame is. */
  readonly sampleFps: number | undefined
  /** In the order of time; they touch. */
  readonly chunks: readonly Chunk[]
  readonly decoding: Decoding
  /** From one frame that is looked at to the next, at most, where the footage has frames. */
  readonly stepSeconds: number
}

type PlanSettings = Pick<OnnxEngineSpec, 'mode' | 'sampleFps' | 'policy' | 'clips' | 'range'>

const usualFps = 5
/** Footage of up to two of these is cut in two, so that both halves of a small machine have something to do. */
const chunkSeconds = 60
/** Less is not worth a second decoder. */
const shortestSeconds = 4
/** Containers round the times of packets. */
const marginSeconds = 0.0005
/** Times that people say have three decimals. */
const sameSeconds = 0.001

/**
 * Chooses mode, decoding and chunks of a file. A function of file and settings, not of the machine: where footage is cut,
 * the gate begins anew, and the same file must give the same events everywhere.
 */
export function planCascade(video: VideoInfo, scan: PacketScan, settings: PlanSettings): CascadePlan {
  const { mode, reason } = chooseMode(scan, settings)
  const sampleFps = settings.sampleFps ?? (mode === 'dense' ? undefined : usualFps)
  const keyframeGap = mode === 'keyframe' ? scan.largestKeyframeGapSeconds : 0
  return {
    mode,
    reason,
    sampleFps,
    chunks: cutIntoChunks(video, scan, settings),
    decoding: chooseDecoding(mode, sampleFps ?? Infinity, scan),
    stepSeconds: Math.max(1 / (sampleFps ?? Math.max(1, video.frameRate)), keyframeGap),
  }
}

/** Objects are to be put out of sight, and must be found wherever they are shown. */
export function hidesObjects({ redact }: PlanSettings['clips']): boolean {
  return redact !== undefined && (redact.heads || redact.classes.length > 0)
}

/** The shortest event that a policy can select, in seconds: a visit that is shorter never counts. */
export function shortestEventSeconds({
  minDurationSeconds,
  dwellSeconds,
  zones,
  lines,
}: PlanSettings['policy']): number {
  const dwells = zones.map((zone) => zone.dwellSeconds ?? dwellSeconds)
  const shortestDwell = lines.length > 0 ? 0 : zones.length > 0 ? Math.min(...dwells) : dwellSeconds
  return Math.max(minDurationSeconds, shortestDwell)
}

function chooseMode(
  scan: PacketScan,
  { mode, policy, clips }: PlanSettings,
): Pick<CascadePlan, 'mode' | 'reason'> {
  if (mode === 'keyframe' && hidesObjects(clips))
    return {
      mode: 'hold',
      reason: 'what is to be put out of sight must be looked for in more than keyframes',
    }
  if (mode !== 'auto') return { mode, reason: 'asked for' }
  const gap = scan.largestKeyframeGapSeconds
  const shortest = shortestEventSeconds(policy)
  const figures = `keyframes lie up to ${gap.toFixed(2)} s apart, the shortest event lasts ${shortest.toFixed(2)} s`
  if (hidesObjects(clips))
    return {
      mode: 'hold',
      reason: 'auto: what is to be put out of sight is looked for in every sampled frame',
    }
  if (policy.lines.length > 0) return { mode: 'hold', reason: 'auto: lines need the paths of objects' }
  if (scan.frames > 0 && gap > 0 && gap <= shortest) return { mode: 'keyframe', reason: `auto: ${figures}` }
  return { mode: 'hold', reason: `auto: ${figures}` }
}

function chooseDecoding(mode: Mode, sampleFps: number, scan: PacketScan): Decoding {
  switch (mode) {
    case 'dense':
      return {}
    case 'keyframe':
      return {
        skipLoopFilter: true,
        leaveOut: 'all but keyframes',
        lastFrameWithinSeconds: scan.largestKeyframeGapSeconds + 2,
      }
    case 'hold': {
      // B-frames are left out where sampling has no need of them
      const { isReordered, largestAnchorGapSeconds } = scan
      const canLeaveOut =
        isReordered &&
        scan.errors.length + scan.jumps.length === 0 &&
        largestAnchorGapSeconds <= 1 / sampleFps
      return {
        skipLoopFilter: true,
        ...(canLeaveOut
          ? { leaveOut: 'unreferenced', lastFrameWithinSeconds: largestAnchorGapSeconds + 2 }
          : {}),
      }
    }
  }
}

function cutIntoChunks(
  video: VideoInfo,
  scan: PacketScan,
  { range, policy }: PlanSettings,
): readonly Chunk[] {
  const { firstSeconds, keyframeSeconds } = scan
  const first = leadInOf(scan, { range, policy })
  const until =
    range?.toSeconds !== undefined && range.toSeconds < scan.endSeconds ? range.toSeconds : undefined
  const [startSeconds, endSeconds] = [first ?? firstSeconds, until ?? scan.endSeconds]
  const length = endSeconds - startSeconds
  // A file whose packets are damaged, or whose times jump, is read from its beginning, as it comes.
  const canSeek = /mov|matroska|mpegts/.test(video.container) && scan.errors.length + scan.jumps.length === 0
  const count =
    canSeek && length >= shortestSeconds ? 2 * Math.max(1, Math.round(length / (2 * chunkSeconds))) : 1
  const cuts = new Set<number>()
  for (let index = 1; index < count; index++) {
    const wanted = startSeconds + (length * index) / count
    const nearest = nearestOf(keyframeSeconds, wanted)
    if (nearest !== undefined && nearest > startSeconds && nearest < endSeconds) cuts.add(nearest)
  }
  const bounds = [...cuts].sort((a, b) => a - b)
  return [first, ...bounds].map((from, index) => {
    const to = bounds[index]
    const before = from === undefined ? -1 : keyframeSeconds.indexOf(from) - 1
    const toSeconds = to === undefined ? until : to - marginSeconds
    // One keyframe more than needed, since an index may be a little off.
    const seekSeconds = canSeek ? keyframeSeconds[before] : 'start'
    return {
      startSeconds: from ?? startSeconds,
      endSeconds: to ?? endSeconds,
      ...(from === undefined ? {} : { fromSeconds: from - marginSeconds }),
      ...(toSeconds === undefined ? {} : { toSeconds }),
      ...(from === undefined || (canSeek && before < 1) ? {} : { seekSeconds }),
    }
  })
}

/**
 * The keyframe at or before the beginning of a range; where parked objects do not count, earlier by as long as an object
 * has to stand to be one. Undefined where that is the beginning of the file.
 */
function leadInOf(
  { keyframeSeconds }: PacketScan,
  { range, policy }: Pick<PlanSettings, 'range' | 'policy'>,
): number | undefined {
  if (range?.fromSeconds === undefined) return undefined
  const wanted = range.fromSeconds - (policy.ignoreParked ? policy.parkedAfterSeconds : 0)
  const at = keyframeSeconds.findLastIndex((seconds) => seconds <= wanted + sameSeconds)
  return at < 1 ? undefined : keyframeSeconds[at]
}

function nearestOf(ascending: readonly number[], wanted: number): number | undefined {
  return ascending.reduce<number | undefined>(
    (best, each) => (best === undefined || Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best),
    undefined,
  )
}

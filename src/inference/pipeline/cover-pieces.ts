import type { Interval, LedgerSource, Reason } from '../../domain/index.ts'
import type { PacketScan, VideoInfo } from '../../media/index.ts'
import { roundExactly } from '../events/index.ts'
import { splitCoverage } from './coverage.ts'
import type { Coverage } from './coverage.ts'
import type { DecodedPiece, DecodedVideo } from './decode-video.ts'
import { joined } from './intervals.ts'

/** Containers announce durations that differ a little from their packets’; more than this is footage that is missing. */
const announcedToleranceSeconds = 1

/** From the first packet to the end of the last, or to the end that the container announces when the file is cut off. */
export function measure(
  video: VideoInfo,
  scan: PacketScan,
  { pieces }: Pick<DecodedVideo, 'pieces'>,
): { readonly footage: Interval; readonly missing: Reason | undefined } {
  // Containers without PTS (AVI) number their packets as they are stored, a little before they are shown.
  const firstSeconds = scan.frames > 0 ? scan.firstSeconds : video.startSeconds
  const startSeconds = Math.min(firstSeconds, pieces[0]?.sampledSeconds[0] ?? firstSeconds)
  const lastSeconds = pieces.at(-1)?.lastSeconds
  const endSeconds = Math.max(startSeconds, scan.endSeconds, lastSeconds ?? startSeconds)
  const announced = video.startSeconds + video.durationSeconds
  const isDamaged = scan.errors.length > 0
  if (announced - endSeconds <= (isDamaged ? 0 : announcedToleranceSeconds))
    return { footage: { startSeconds, endSeconds }, missing: undefined }
  const message = `the file ends at ${endSeconds.toFixed(3)} s of the ${announced.toFixed(3)} s it announces`
  return { footage: { startSeconds, endSeconds: announced }, missing: { code: 'truncated', message } }
}

/** What was analysed of the footage and what was not, chunk by chunk; neighbours with one story are one interval. */
export function coverPieces(
  { pieces, plan }: DecodedVideo,
  about: {
    readonly video: VideoInfo
    readonly footage: Interval
    readonly missing: Reason | undefined
    readonly jumps: PacketScan['jumps']
  },
): Coverage {
  const { video, footage, missing, jumps } = about
  // A file whose time jumps is one piece.
  const [timeJump] = timeJumps(jumps)
  const frameSeconds = video.frameRate > 0 ? 1 / video.frameRate : 0
  // What is decoded ahead of a range is no part of it.
  const [from, last] = [roundExactly(footage.startSeconds), pieces.at(-1)]
  const within = pieces.filter((piece) => piece === last || piece.chunk.endSeconds > from)
  const parts = within.map((piece, index) => {
    const isLast = piece === last
    return splitCoverage({
      footage: {
        startSeconds: index === 0 ? footage.startSeconds : piece.chunk.startSeconds,
        endSeconds: isLast ? footage.endSeconds : piece.chunk.endSeconds,
      },
      sampledSeconds: piece.sampledSeconds,
      stepSeconds: Math.max(plan.stepSeconds, frameSeconds),
      // Frames that the decoder leaves out on purpose are not missing at the end.
      frameSeconds: Math.max(frameSeconds, plan.decoding.lastFrameWithinSeconds ?? 0),
      decodedToSeconds: piece.lastSeconds === undefined ? undefined : piece.lastSeconds + frameSeconds,
      loss: isLast ? (missing ?? piece.loss ?? timeJump) : piece.loss,
    })
  })
  return {
    processed: joined(parts.flatMap(({ processed }) => processed)),
    gaps: joined(parts.flatMap(({ gaps }) => gaps)),
  }
}

/** Damage that left no gap in time: pictures that were shown all the same shall not go unsaid. */
export function faultsOf({ pieces }: DecodedVideo, jumps: PacketScan['jumps']): readonly Reason[] {
  const losses = pieces.flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
  return [...losses, ...timeJumps(jumps)].slice(0, 1)
}

function timeJumps(jumps: PacketScan['jumps']): readonly Reason[] {
  return jumps.map((message) => ({ code: 'time_jump', message }))
}

/** The ledger’s account of which frames were decoded, and which of them the model saw. */
export function describeSampling({
  plan,
  pieces,
  runs,
}: DecodedVideo): NonNullable<LedgerSource['sampling']> {
  const sum = (of: keyof DecodedPiece['counts']): number =>
    pieces.reduce((total, { counts }) => total + counts[of], 0)
  const { skipLoopFilter = false, leaveOut } = plan.decoding
  return {
    ...{
      mode: plan.mode,
      reason: plan.reason,
      framesPerSecond: plan.sampleFps ?? null,
      chunks: plan.chunks.length,
    },
    decoding: { skipLoopFilter, leftOut: leaveOut ?? 'nothing' },
    ...{ analysed: sum('analysed'), unchanged: sum('unchanged'), agreed: sum('agreed') },
    sceneChanges: sum('sceneChanges'),
    ...(runs.runs === 0
      ? {}
      : {
          batches: {
            runs: runs.runs,
            mostFrames: runs.most,
            meanFrames: Math.round((100 * runs.frames) / runs.runs) / 100,
          },
        }),
  }
}

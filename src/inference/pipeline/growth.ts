import type { Interval, Reason } from '../../domain/index.ts'
import type { PacketScan, VideoInfo } from '../../media/index.ts'
import { roundExactly } from '../events/index.ts'
import { peakOf } from '../tracking/index.ts'
import type { Track } from '../tracking/index.ts'
import type { Coverage } from './coverage.ts'
import { fileState } from './footage.ts'
import type { FileState } from './footage.ts'

/** A recording that is still being written. */
interface Growth {
  /** Until here it was complete when it was looked through: the beginning of its last group of pictures. */
  readonly wholeToSeconds: number
}

/** Containers that are written from the front to the end, and can be read at any time. */
const appended = /mpegts|matroska|flv/

/** Whether a file has grown since `before`; undefined too where it cannot be used until it is complete. */
export async function findGrowth(
  path: string,
  {
    before,
    video,
    scan,
  }: { readonly before: FileState; readonly video: VideoInfo; readonly scan: PacketScan },
): Promise<Growth | undefined> {
  if (!appended.test(video.container)) return undefined
  const now = await fileState(path)
  const wholeToSeconds = scan.keyframeSeconds.at(-1)
  if (now === undefined || now.bytes <= before.bytes || wholeToSeconds === undefined) return undefined
  if (wholeToSeconds <= scan.firstSeconds) return undefined
  return { wholeToSeconds }
}

/** Why the end of a file is missing, and how to go on. */
export function stillWritten(fromSeconds: number): Reason {
  const message = `the file is still being written: it was analysed to its last complete group of pictures; go on with --from ${fromSeconds}`
  return { code: 'still_written', message }
}

/** What tracks were until a time; those that began later are left out. Detections from `sureScore` on are sure. */
export function tracksUntil(
  tracks: readonly Track[],
  { endSeconds, sureScore }: { readonly endSeconds: number; readonly sureScore: number },
): readonly Track[] {
  return tracks.flatMap((track) => {
    if (track.lastSeconds <= endSeconds) return [track]
    const path = track.path.filter(({ seconds }) => seconds <= endSeconds)
    const last = path.at(-1)
    if (last === undefined) return []
    const peak = peakOf(path)
    const scores = path.map(({ score }) => score).filter((score) => score >= sureScore)
    if (scores.length === 0) return []
    return [
      {
        ...{ ...track, path, scores, lastSeconds: last.seconds },
        ...{ peakScore: peak.score, peakSeconds: peak.seconds, peakBox: peak.box },
      },
    ]
  })
}

/** Coverage of the complete part with what comes after it as a gap. */
export function withTail(read: Coverage, whole: Interval, all: Interval, reason: Reason): Coverage {
  const endOf = (intervals: readonly Interval[]): number => intervals.at(-1)?.endSeconds ?? whole.startSeconds
  const startSeconds = Math.max(endOf(read.processed), endOf(read.gaps))
  const endSeconds = roundExactly(all.endSeconds)
  if (endSeconds <= startSeconds) return read
  return { ...read, gaps: [...read.gaps, { startSeconds, endSeconds, reason }] }
}

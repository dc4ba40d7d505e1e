import { rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Interval } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { copyClip, type CopiedClip, type CopyClipRequest } from './copy-clip.ts'
import { joinFirstGop, type Seam } from './join-first-gop.ts'
import { listPackets, type Packet } from './list-packets.ts'
import type { MediaTools } from './media-tools.ts'
import { paintClip, scratchFolder } from './paint-clip.ts'
import { writeWhole } from '../utils/whole-file.ts'

/** Which part of a clip is not the source's own packets, and why it is all of them where the first would have done. */
export interface Reencoded {
  readonly part: 'firstGop' | 'whole'
  readonly codec: 'h264' | 'hevc'
  readonly why?: string
}

export interface CutClip {
  readonly path: string
  /** What the written clip holds, in PTS of the source. */
  readonly actual: Interval
  readonly bytes: number
  /** Absent when every packet was copied. */
  readonly reencoded?: Reencoded
}

/**
 * A clip that begins with the frame that is shown at the asked start. H.264: the frames up to the next keyframe are
 * encoded and the rest is copied behind them; the result is decoded, and must hold the source's own pictures. Where that
 * is not possible, or another codec, all of it is encoded, and `reencoded.why` says why.
 */
export async function cutExactClip(
  tools: MediaTools,
  request: CopyClipRequest,
  options: Abortable = {},
): Promise<CutClip> {
  const path = resolve(request.output)
  const scratch = await scratchFolder(path)
  try {
    const copy = await copyClip(tools, { ...request, output: join(scratch, 'copy.mp4') }, options)
    const joined = await withoutLead(tools, { request, copy, path, scratch }, options)
    if (typeof joined !== 'string') return joined
    const codec = request.video.codec === 'hevc' ? 'hevc' : 'h264'
    const { actual, bytes } = await paintClip(tools, { ...request, codec, output: path }, options)
    return { path, actual, bytes, reencoded: { part: 'whole', codec, why: joined } }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

interface Trimming {
  readonly request: CopyClipRequest
  readonly copy: CopiedClip
  readonly path: string
  readonly scratch: string
}

/** The clip without what comes before the asked start, or why there is none. */
async function withoutLead(
  tools: MediaTools,
  { request, copy, path, scratch }: Trimming,
  options: Abortable,
): Promise<CutClip | string> {
  const { video, asked } = request
  if (video.codec !== 'h264') return `${video.codec} cannot be joined`
  if (video.container === 'avi') return 'AVI does not tell when its pictures are shown'
  const packets = await listPackets(tools, copy.path, options)
  const first = packets?.[0]
  if (packets === undefined || first === undefined) return 'the packets have no times'
  const toSource = copy.actual.startSeconds - first.seconds
  const local = { startSeconds: asked.startSeconds - toSource, endSeconds: asked.endSeconds - toSource }
  const fromSeconds = packets.reduce(
    (latest, { seconds }) => (seconds <= local.startSeconds + 1e-5 ? Math.max(latest, seconds) : latest),
    first.seconds,
  )
  if (fromSeconds <= first.seconds) return keepCopy(copy, path)
  const seam = findSeam(packets, fromSeconds, local)
  if (seam === undefined) return 'there is no keyframe in the asked part that stands alone'
  const joined = await joinFirstGop(tools, { copy: copy.path, seam, video, path, scratch }, options)
  if ('why' in joined) return joined.why
  const actual = {
    startSeconds: microseconds(fromSeconds + toSource),
    endSeconds: microseconds(joined.endSeconds + toSource),
  }
  return { path, actual, bytes: joined.bytes, reencoded: { part: 'firstGop', codec: 'h264' } }
}

/** It begins with the right frame as it is. */
async function keepCopy(copy: CopiedClip, path: string): Promise<CutClip> {
  await writeWhole(path, (target) => rename(copy.path, target))
  return { ...copy, path }
}

/** The first keyframe after `fromSeconds` behind which nothing is shown before it (a closed group of pictures). */
function findSeam(packets: readonly Packet[], fromSeconds: number, asked: Interval): Seam | undefined {
  let earliestBehind = Infinity
  let at: number | undefined
  for (let index = packets.length - 1; index > 0; index--) {
    const packet = packets[index]
    if (packet === undefined || packet.seconds <= fromSeconds) continue
    earliestBehind = Math.min(earliestBehind, packet.seconds)
    if (packet.isKey && packet.seconds <= earliestBehind && packet.seconds < asked.endSeconds) at = index
  }
  const key = at === undefined ? undefined : packets[at]
  if (at === undefined || key === undefined) return undefined
  const head = packets.filter(({ seconds }) => seconds >= fromSeconds && seconds < key.seconds)
  return { fromSeconds, keySeconds: key.seconds, head, tail: packets.slice(at) }
}

function microseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}

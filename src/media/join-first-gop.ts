import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Abortable } from '../ports/index.ts'
import { writeWhole } from '../utils/whole-file.ts'
import { parameterSetIds, readAvcConfig, writeAvcConfig, type AvcConfig } from './avc-config.ts'
import { argumentsOf, fileUrl, inputLimits, passEveryFrame, readingCommand } from './command.ts'
import { cutAudio } from './cut-audio.ts'
import { decodedFrames } from './decoded-frames.ts'
import { listPackets, type Packet } from './list-packets.ts'
import type { MediaTools } from './media-tools.ts'
import type { VideoInfo } from './probe-video.ts'
import { runToEnd, type RunEnd } from './run-to-end.ts'
import { writeAvcMp4, type StoredPicture } from './write-mp4.ts'

/** Where a copy is cut: in its own time line, whose 0 is not that of the source. */
export interface Seam {
  /** The frame that is shown at the asked start. */
  readonly fromSeconds: number
  /** Its next keyframe: here the copied packets begin. */
  readonly keySeconds: number
  readonly head: readonly Packet[]
  readonly tail: readonly Packet[]
}

export interface JoinRequest {
  /** An H.264 MP4 that begins with a keyframe at about 0 s, with its index in front. */
  readonly copy: string
  readonly seam: Seam
  readonly video: VideoInfo
  readonly path: string
  readonly scratch: string
}

/** `endSeconds` in the time line of the copy. */
export type Joined = { readonly bytes: number; readonly endSeconds: number } | { readonly why: string }

/**
 * Encodes the frames from the seam's start to its keyframe with parameter sets of another number than the source's, and
 * puts both sets into the head of one MP4, so that any decoder knows them from the beginning. What was written is
 * decoded and compared; a clip that is not what it should be is not kept.
 */
export async function joinFirstGop(
  tools: MediaTools,
  request: JoinRequest,
  options: Abortable = {},
): Promise<Joined> {
  const { copy, seam, video, path, scratch } = request
  const source = await readAvcConfig(copy)
  if (source === undefined || !profiles.has(source.profile)) return { why: 'a profile that is not joined' }
  const head = await encodeHead(tools, { request, source }, options)
  if (head === undefined) return { why: 'the first group of pictures could not be encoded' }
  const config = mergeConfigs(source, head.config)
  if (config === undefined) return { why: 'the parameter sets do not go together' }
  const { endSeconds, pictures } = layOut(request, head)
  const joined = join(scratch, 'joined.mp4')
  const [width, height] =
    video.rotation % 180 === 0 ? [video.width, video.height] : [video.height, video.width]
  await writeAvcMp4(joined, {
    ...{ width, height, config: writeAvcConfig(config), rotation: video.rotation, pictures },
    endUs: inMicroseconds(endSeconds - seam.fromSeconds),
  })
  const interval = { startSeconds: seam.fromSeconds, endSeconds }
  const audioFile = join(scratch, 'audio.mp4')
  const heard = { container: 'mov,mp4', startSeconds: 0, hasAudio: video.hasAudio }
  const hasAudio = await cutAudio(tools, { source: copy, video: heard, interval, target: audioFile }, options)
  const done = join(scratch, 'done.mp4')
  const end = await mux(tools, { joined, audio: hasAudio ? audioFile : undefined, target: done }, options)
  const fault = end.code === 0 ? await faultOf(tools, request, done, options) : end.errors.join(' / ')
  if (fault !== undefined) return { why: fault }
  const bytes = await writeWhole(path, (target) => rename(done, target))
  return { bytes, endSeconds }
}

const profiles = new Map([
  [66, 'baseline'],
  [77, 'main'],
  [100, 'high'],
])

interface Head {
  readonly file: string
  readonly packets: readonly Packet[]
  readonly config: AvcConfig
}

async function encodeHead(
  tools: MediaTools,
  { request, source }: { readonly request: JoinRequest; readonly source: AvcConfig },
  options: Abortable,
): Promise<Head | undefined> {
  const { copy, seam, scratch } = request
  const file = join(scratch, 'head.mp4')
  const ids = parameterSetIds(source)
  const free = Array.from({ length: 31 }, (_, index) => index + 1).find((id) => !ids.has(id)) ?? 31
  // half a frame is more than rounding and less than a frame
  const [from, to] = [seam.fromSeconds, seam.keySeconds].map((seconds) => Math.round(seconds * 1e6) - 300)
  const command = readingCommand(copy, ['-noautorotate', '-copyts'])
    .videoFilters(`settb=1/1000000,select='gte(pts,${from})*lt(pts,${to})'`)
    .output(fileUrl(file))
    .outputOptions(['-map', '0:V:0', '-an', ...passEveryFrame(tools.ffmpeg.version)])
    .outputOptions(['-to', seam.keySeconds.toFixed(6), '-enc_time_base', '1:90000'])
    .outputOptions(['-c:v', 'libx264', '-preset', 'fast', '-crf', '17', '-bf', '0', '-g', '250'])
    .outputOptions(['-pix_fmt', 'yuv420p', '-profile:v', profiles.get(source.profile) ?? 'high'])
    .outputOptions(['-x264-params', `sps-id=${free}`, '-video_track_timescale', '90000'])
    .outputOptions(['-movflags', '+faststart', '-f', 'mp4'])
  const end = await quietly(tools, argumentsOf(command), options)
  const packets = end.code === 0 ? await listPackets(tools, file, options) : undefined
  const config = packets === undefined ? undefined : await readAvcConfig(file)
  if (packets?.length !== seam.head.length || config === undefined) return undefined
  return { file, packets, config }
}

/** Both parameter sets in one record; undefined when they would be taken for each other. */
function mergeConfigs(source: AvcConfig, head: AvcConfig): AvcConfig | undefined {
  const ids = parameterSetIds(source)
  const isMixedUp = [...parameterSetIds(head)].some((id) => ids.has(id))
  if (isMixedUp || source.nalLengthBytes !== head.nalLengthBytes || head.profile > source.profile)
    return undefined
  return {
    ...source,
    compatibility: source.compatibility & head.compatibility,
    level: Math.max(source.level, head.level),
    sequences: [...source.sequences, ...head.sequences],
    pictures: [...source.pictures, ...head.pictures],
  }
}

function layOut(
  { copy, seam, video }: JoinRequest,
  head: Head,
): { readonly endSeconds: number; readonly pictures: readonly StoredPicture[] } {
  const begin = Math.min(...head.packets.map(({ seconds }) => seconds))
  const from = (file: string, offset: number) => {
    return ({ seconds, ...packet }: Packet): StoredPicture => ({
      ...{ file, offset: packet.offset, bytes: packet.bytes, isKey: packet.isKey },
      shownUs: inMicroseconds(seconds - offset),
    })
  }
  const last = seam.tail.reduce((latest, { seconds }) => Math.max(latest, seconds), seam.keySeconds)
  const frameSeconds = video.frameRate > 0 ? 1 / video.frameRate : 0.04
  return {
    endSeconds: last + frameSeconds,
    pictures: [...head.packets.map(from(head.file, begin)), ...seam.tail.map(from(copy, seam.fromSeconds))],
  }
}

async function mux(
  tools: MediaTools,
  { joined, audio, target }: { joined: string; audio: string | undefined; target: string },
  options: Abortable,
): Promise<RunEnd> {
  const command = readingCommand(joined, ['-copyts'])
  if (audio !== undefined) command.input(fileUrl(audio)).inputOptions(inputLimits())
  command
    .output(fileUrl(target))
    .outputOptions(['-map', '0:V:0', ...(audio === undefined ? [] : ['-map', '1:a:0']), '-c', 'copy'])
    .outputOptions(['-map_metadata', '-1', '-map_chapters', '-1', '-strict', '-2', '-fflags', '+bitexact'])
    .outputOptions(['-avoid_negative_ts', 'make_zero', '-movflags', '+faststart', '-f', 'mp4'])
  return quietly(tools, argumentsOf(command), options)
}

/** What is wrong with a joined clip: frames that are not there, and copied ones that look other than in the copy. */
async function faultOf(
  tools: MediaTools,
  { copy, seam }: JoinRequest,
  clip: string,
  options: Abortable,
): Promise<string | undefined> {
  const [wanted, got] = [await decodedFrames(tools, copy, options), await decodedFrames(tools, clip, options)]
  if (got.errors.length > 0) return `the joined clip does not decode: ${got.errors.join(' / ').slice(0, 200)}`
  const expected = seam.head.length + seam.tail.length
  if (got.frames.length !== expected)
    return `the joined clip has ${got.frames.length} frames instead of ${expected}`
  const shift = seam.fromSeconds - (got.frames[0]?.seconds ?? 0)
  const sums = new Map(wanted.frames.map(({ seconds, sum }) => [Math.round(seconds * 1e3), sum]))
  const strange = got.frames.filter(({ seconds, sum }) => {
    const at = seconds + shift
    if (at < seam.keySeconds - 0.0005) return false
    const near = [-1, 0, 1].map((step) => sums.get(Math.round(at * 1e3) + step))
    return !near.includes(sum)
  })
  return strange.length === 0 ? undefined : `${strange.length} copied frames look different behind the seam`
}

async function quietly(tools: MediaTools, args: readonly string[], { signal }: Abortable): Promise<RunEnd> {
  return runToEnd({
    program: tools.ffmpeg.path,
    args,
    stallMs: 300_000,
    maxBytes: 1e6,
    mostMemoryBytes: Infinity,
    signal,
    onLine: () => undefined,
  })
}

function inMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6)
}

import { devNull } from 'node:os'
import { extname, resolve } from 'node:path'
import { EdgeError, type Interval } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { findClipStart, likelyStart, type ClipStart } from './clip-start.ts'
import { argumentsOf, fileUrl, passEveryFrame, readingCommand } from './command.ts'
import { copyPackets, type CopyRequest } from './copy-packets.ts'
import { mp4Audio } from './cut-audio.ts'
import { readPackets, type Packet } from './list-packets.ts'
import type { MediaTools } from './media-tools.ts'
import { probeAudioCodec, type VideoInfo } from './probe-video.ts'
import { runToEnd } from './run-to-end.ts'
import { findWholeEnd } from './whole-end.ts'
import { writeWhole } from '../utils/whole-file.ts'

export interface CopyClipRequest {
  readonly source: string
  readonly video: VideoInfo
  /** The source's keyframes, ascending, as scanPackets gives them. */
  readonly keyframeSeconds: readonly number[]
  /** What the clip is to hold, in PTS of the source; what lies outside the footage is left out. */
  readonly asked: Interval
  /** Where it goes; a codec that MP4 does not take goes into Matroska, with `.mkv` for the extension. */
  readonly output: string
}

export interface CopiedClip {
  readonly path: string
  /** What the written clip holds, in PTS of the source. */
  readonly actual: Interval
  readonly bytes: number
}

/** Codecs that ffmpeg writes into MP4 and that players expect there. */
const mp4Video = new Set(['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'mpeg2video', 'mpeg1video', 'mjpeg'])

/**
 * Copies the packets from the last keyframe at or before `asked` to at or after its end into a clip that begins with
 * that keyframe at about 0 s, with the first audio stream where the container takes it and without metadata. `actual`
 * contains `asked` as far as there is footage. Throws ffmpeg_failed, and leaves nothing behind then.
 */
export async function copyClip(
  tools: MediaTools,
  request: CopyClipRequest,
  options: Abortable = {},
): Promise<CopiedClip> {
  const { source, video, keyframeSeconds, output } = request
  const format = mp4Video.has(video.codec) ? 'mp4' : 'matroska'
  const path = format === 'mp4' ? resolve(output) : withExtension(resolve(output), '.mkv')
  const audioCodec = video.hasAudio ? await probeAudioCodec(tools, source, options) : undefined
  const hasAudio = audioCodec !== undefined && (format === 'matroska' || mp4Audio.has(audioCodec))
  const asked = withinFootage(request)
  const cut: Cut = {
    source,
    format,
    videoOptions: videoOptions(video, format),
    frameSeconds: frameSeconds(video),
    slackSeconds: video.container === 'avi' ? 4 * frameSeconds(video) : 0,
    beginSeconds: keyframeSeconds[0] ?? video.startSeconds,
    isIndexed: /mov|matroska/.test(video.container),
  }
  let actual: Interval = asked
  const bytes = await writeWhole(path, async (target) => {
    actual = await copyDecodable(tools, { cut, keyframeSeconds, hasAudio, asked, target }, options)
  })
  return { path, actual, bytes }
}

type Cut = Pick<CopyRequest, 'source' | 'format' | 'videoOptions'> & {
  readonly frameSeconds: number
  /** By so much a packet may be numbered before its picture: AVI has no PTS, only the order of its packets. */
  readonly slackSeconds: number
  /** Where the footage begins. */
  readonly beginSeconds: number
  /** The container tells where its keyframes lie. */
  readonly isIndexed: boolean
}

interface CopyTask {
  readonly cut: Cut
  readonly keyframeSeconds: readonly number[]
  readonly hasAudio: boolean
  readonly asked: Interval
  readonly target: string
}

/** So many keyframes are tried, and so far back, until a clip can be decoded from its first picture. */
const keyframesBack = 4
const secondsBack = 120

/**
 * What an index calls a keyframe may be none, and some encoders leave what the decoder must know in the first picture
 * of the file only; then the clip begins with an earlier keyframe. Damaged footage gives the earliest clip tried.
 */
async function copyDecodable(tools: MediaTools, task: CopyTask, options: Abortable): Promise<Interval> {
  const { cut, asked, keyframeSeconds, target } = task
  let actual = await copyFromIndex(tools, task, options)
  if (actual !== undefined) return actual
  let notAfter = Math.max(
    asked.startSeconds - cut.slackSeconds,
    Math.min(asked.startSeconds, cut.beginSeconds),
  )
  for (let attempt = 0; attempt < keyframesBack && notAfter > asked.startSeconds - secondsBack; attempt++) {
    const wanted = { startSeconds: notAfter, endSeconds: asked.endSeconds }
    const start = await findClipStart(tools, { source: cut.source, keyframeSeconds, asked: wanted }, options)
    if (start === undefined) break
    actual = await copyUntil(tools, { ...task, start }, options)
    if (start.seek.length === 0 || (await beginsDecodable(tools, target, options))) break
    notAfter = start.seconds - 0.002
  }
  if (actual === undefined) throw new EdgeError('ffmpeg_failed', `no packet of ${cut.source} can be copied`)
  if (actual.endSeconds < asked.startSeconds) throw noFootage(cut.source, asked)
  return actual
}

/** Most files keep what their index promises: one copy, without looking first where a seek lands. */
async function copyFromIndex(
  tools: MediaTools,
  task: CopyTask,
  options: Abortable,
): Promise<Interval | undefined> {
  const { cut, asked, keyframeSeconds, target } = task
  const start = cut.isIndexed ? likelyStart(keyframeSeconds, asked.startSeconds) : undefined
  if (start === undefined) return undefined
  const actual = await copyUntil(tools, { ...task, start }, options)
  const isThere =
    Math.abs(actual.startSeconds - start.seconds) <= 0.002 && actual.endSeconds >= asked.startSeconds
  return isThere && (await beginsDecodable(tools, target, options)) ? actual : undefined
}

async function beginsDecodable(tools: MediaTools, clip: string, { signal }: Abortable): Promise<boolean> {
  const command = readingCommand(clip)
    .output(fileUrl(devNull))
    .outputOptions([
      '-map',
      '0:V:0',
      '-frames:v',
      '5',
      ...passEveryFrame(tools.ffmpeg.version),
      '-f',
      'rawvideo',
    ])
  const end = await runToEnd({
    program: tools.ffmpeg.path,
    args: argumentsOf(command),
    stallMs: 60_000,
    maxBytes: 1e6,
    signal,
    onLine: () => undefined,
  })
  return end.code === 0 && end.errors.length === 0
}

type StartedTask = CopyTask & { readonly start: ClipStart }
type BoundedTask = StartedTask & { readonly endSeconds: number; readonly pictures?: number }

/**
 * Pictures are stored out of order, so how much more must be copied to have the last is only known by looking; and of what
 * was copied the last pictures may miss some before them, so it is cut once more where none is missing.
 */
async function copyUntil(tools: MediaTools, task: StartedTask, options: Abortable): Promise<Interval> {
  const { cut, asked } = task
  let actual: Interval | undefined
  for (const extraSeconds of [0.2 + 4 * cut.frameSeconds, 3, 15]) {
    const { actual: reached, packets }: Copied = await copyOnce(
      tools,
      { ...task, endSeconds: asked.endSeconds + cut.slackSeconds + extraSeconds },
      options,
    )
    const hasGrown = actual === undefined || reached.endSeconds > actual.endSeconds
    actual = reached
    if (!hasGrown) break
    const untilSeconds = asked.endSeconds + cut.slackSeconds
    const whole = findWholeEnd(packets, { actual, untilSeconds })
    if (whole?.isAll === true) break
    if (whole === undefined) continue
    const { actual: cutAgain } = await copyOnce(tools, { ...task, ...whole }, options)
    if (cutAgain.endSeconds >= asked.endSeconds) return cutAgain
    // packets without a picture, which AVI has for frames that were dropped, were counted but not written
    const longer = { ...task, endSeconds: whole.endSeconds + extraSeconds }
    return (await copyOnce(tools, longer, options)).actual
  }
  return actual ?? asked
}

interface Copied {
  readonly actual: Interval
  readonly packets: readonly Packet[] | undefined
}

async function copyOnce(
  tools: MediaTools,
  { cut, start, hasAudio, target, endSeconds, pictures }: BoundedTask,
  options: Abortable,
): Promise<Copied> {
  const request = { ...cut, start, endSeconds, pictures, target, hasAudio }
  let end = await copyPackets(tools, request, options)
  // an older build may not write this audio into this container; the pictures are what matters
  if (end.code !== 0 && hasAudio) end = await copyPackets(tools, { ...request, hasAudio: false }, options)
  const clip = end.code === 0 ? await readPackets(tools, target, options) : undefined
  const zero = clip?.scan.keyframeSeconds[0]
  if (clip === undefined || zero === undefined || end.firstSeconds === undefined)
    throw new EdgeError(
      'ffmpeg_failed',
      `the clip of ${cut.source} up to ${endSeconds} s could not be copied: ${end.errors.join(' / ') || 'it has no keyframe'}`,
    )
  const actual = {
    // before the first packet of the file there is nothing, whatever time it was given
    startSeconds: start.seek.length === 0 ? Math.min(cut.beginSeconds, end.firstSeconds) : end.firstSeconds,
    endSeconds: Math.round((clip.scan.endSeconds - zero + end.firstSeconds) * 1e6) / 1e6,
  }
  return { actual, packets: clip.packets }
}

/** What can be there of the asked part: from the first keyframe on, and not without end. */
function withinFootage({ video, keyframeSeconds, asked, source }: CopyClipRequest): Interval {
  const first = keyframeSeconds[0] ?? video.startSeconds
  // a header may tell a little less than there is
  const last = Math.max(keyframeSeconds.at(-1) ?? first, video.startSeconds + video.durationSeconds) + 10
  const startSeconds = Math.max(asked.startSeconds, first)
  const endSeconds = Math.min(asked.endSeconds, last)
  if (!(startSeconds <= endSeconds)) throw noFootage(source, asked)
  return { startSeconds, endSeconds }
}

function noFootage(source: string, { startSeconds, endSeconds }: Interval): EdgeError {
  return new EdgeError('ffmpeg_failed', `${source} has no footage from ${startSeconds} to ${endSeconds} s`)
}

function videoOptions(video: VideoInfo, format: CopyRequest['format']): readonly string[] {
  // players of one vendor know HEVC in MP4 by this tag only
  if (format === 'mp4' && video.codec === 'hevc') return ['-tag:v', 'hvc1']
  // AVI packs two pictures into one packet where MPEG-4 has B-frames
  if (format === 'mp4' && video.codec === 'mpeg4' && video.container === 'avi')
    return ['-bsf:v', 'mpeg4_unpack_bframes']
  return []
}

function frameSeconds(video: VideoInfo): number {
  return video.frameRate > 0 ? 1 / video.frameRate : 0.1
}

function withExtension(path: string, extension: string): string {
  return path.slice(0, path.length - extname(path).length) + extension
}

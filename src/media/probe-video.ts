import { stat } from 'node:fs/promises'
import { z } from 'zod'
import type { EdgeError } from '../domain/index.ts'
import type { Abortable } from '../ports/index.ts'
import { fileUrl, inputLimits, maxPixels, maxSide } from './command.ts'
import type { MediaTools } from './media-tools.ts'
import { runToEnd, type RunEnd } from './run-to-end.ts'
import { scanPackets } from './scan-packets.ts'
import { looksLikeContainer } from './sniff-container.ts'
import { unreadable } from './unreadable.ts'

/** What a file says of its first video stream. `rotation` is clockwise, 0, 90, 180 or 270; width and height are as displayed. */
export interface VideoInfo {
  readonly container: string
  readonly codec: string
  readonly width: number
  readonly height: number
  readonly rotation: number
  readonly startSeconds: number
  /** From the first frame's PTS to the end of the last; counted from the packets where the header does not say. */
  readonly durationSeconds: number
  /** The average, in frames a second; 0 when it is not known. */
  readonly frameRate: number
  readonly sizeBytes: number
  readonly hasAudio: boolean
  /** The creation_time tag as ISO 8601. */
  readonly recordedAt: string | null
}

/** ffprobe prints numbers as text; what is none counts as absent. */
const number = z.coerce.number().optional().catch(undefined)
const Stream = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  start_time: number,
  duration: number,
  avg_frame_rate: z.string().optional(),
  r_frame_rate: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z.array(z.object({ rotation: number })).optional(),
})
type Stream = z.infer<typeof Stream>
const Report = z.object({
  streams: z.array(Stream).default([]),
  format: z
    .object({
      format_name: z.string(),
      start_time: number,
      duration: number,
      tags: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
})
type Report = z.infer<typeof Report>

const videoEntries = [
  'format=format_name,start_time,duration',
  'format_tags=creation_time',
  'stream=codec_type,codec_name,width,height,start_time,duration,avg_frame_rate,r_frame_rate',
  'stream_disposition=attached_pic',
  'stream_tags=creation_time,rotate',
  'stream_side_data=rotation',
].join(':')

/**
 * Looks into a video file. Throws media_unreadable; `details.reason` is a domain Reason: empty_file, not_a_video,
 * unreadable (missing, damaged) or limit_exceeded (too large a picture, too many streams).
 */
export async function probeVideo(
  tools: MediaTools,
  path: string,
  options: Abortable = {},
): Promise<VideoInfo> {
  const sizeBytes = await regularSize(path)
  const { report, end } = await askFfprobe(tools, { path, entries: videoEntries }, options)
  const stream = report.streams.find(isVideo)
  if (stream === undefined || report.format === undefined) throw await refusal(path, report, end)
  const { width = 0, height = 0 } = stream
  if (isTooLarge(end) || width * height > maxPixels || Math.max(width, height) > maxSide) {
    const size = width === 0 ? 'too large' : `of ${width}x${height}`
    const limit = `the limit is ${maxPixels} pixels, ${maxSide} a side`
    throw unreadable(path, 'limit_exceeded', `pictures ${size}; ${limit}`)
  }
  if (width === 0 || height === 0) throw await refusal(path, report, end)
  const rotation = rotationOf(stream)
  const isTurned = rotation % 180 !== 0
  return {
    container: report.format.format_name,
    codec: stream.codec_name ?? 'unknown',
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    rotation,
    ...(await extent(tools, path, { report, stream }, options)),
    frameRate:
      [stream.avg_frame_rate, stream.r_frame_rate].map(ratio).find((rate) => rate > 0 && rate <= 1000) ?? 0,
    sizeBytes,
    hasAudio: report.streams.some((each) => each.codec_type === 'audio'),
    recordedAt: recordingTime(report.format.tags?.['creation_time'] ?? stream.tags?.['creation_time']),
  }
}

/** The codec of the first audio stream; undefined when there is none. */
export async function probeAudioCodec(
  tools: MediaTools,
  path: string,
  options: Abortable = {},
): Promise<string | undefined> {
  const { report } = await askFfprobe(tools, { path, entries: 'stream=codec_type,codec_name' }, options)
  return report.streams.find((stream) => stream.codec_type === 'audio')?.codec_name
}

async function regularSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, 'unreadable', error instanceof Error ? error.message : String(error), error)
  })
  // a FIFO or a device would be waited for, perhaps for ever
  if (!found.isFile()) throw unreadable(path, 'not_a_video', 'it is no regular file')
  if (found.size === 0) throw unreadable(path, 'empty_file', 'it has no content')
  return found.size
}

async function askFfprobe(
  tools: MediaTools,
  { path, entries }: { readonly path: string; readonly entries: string },
  { signal }: Abortable,
): Promise<{ report: Report; end: RunEnd }> {
  const lines: string[] = []
  const end = await runToEnd({
    program: tools.ffprobe.path,
    args: [
      '-hide_banner',
      '-v',
      'error',
      ...inputLimits(),
      '-show_entries',
      entries,
      '-of',
      'json',
      '-i',
      fileUrl(path),
    ],
    stallMs: 30_000,
    maxBytes: 1_000_000,
    signal,
    onLine: (line) => lines.push(line),
  })
  if (end.cutShort === 'too_much') throw unreadable(path, 'limit_exceeded', 'its headers are endless')
  if (end.cutShort === 'stalled')
    throw unreadable(path, 'limit_exceeded', 'its headers are not read within 30 s')
  return { report: parseReport(lines.join('\n')), end }
}

/** A program that died in the middle leaves half a document: as good as none. */
function parseReport(text: string): Report {
  try {
    const parsed = Report.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : { streams: [] }
  } catch (error) {
    if (error instanceof SyntaxError) return { streams: [] }
    throw error
  }
}

function isVideo(stream: Stream): boolean {
  return stream.codec_type === 'video' && stream.disposition?.['attached_pic'] !== 1
}

/** ffprobe has no codes for its errors, and says 0x0 of what -max_pixels refused: its own words are all there is. */
function isTooLarge(end: RunEnd): boolean {
  return end.errors.some((line) => line.includes('exceeds specified max pixel count'))
}

async function refusal(path: string, report: Report, end: RunEnd): Promise<EdgeError> {
  const how = `ffprobe ended with ${String(end.code ?? end.signal)} and does not say why`
  const words = end.errors.slice(0, 3).join(' / ') || how
  if (report.streams.some(isVideo))
    return unreadable(path, 'unreadable', `no picture can be decoded: ${words}`)
  if (report.streams.length > 0) return unreadable(path, 'not_a_video', 'it holds no video stream')
  if (await looksLikeContainer(path)) return unreadable(path, 'unreadable', words)
  return unreadable(path, 'not_a_video', words)
}

/** Clockwise turns for display; the display matrix counts anticlockwise, the older rotate tag clockwise. */
function rotationOf(stream: Stream): number {
  const matrix = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation
  const clockwise = matrix === undefined ? Number(stream.tags?.['rotate'] ?? 0) : -matrix
  const quarter = Math.round((Number.isFinite(clockwise) ? clockwise : 0) / 90) * 90
  return ((quarter % 360) + 360) % 360
}

/** "30000/1001" as a number; 0 for what is no rate. */
function ratio(text: string | undefined): number {
  const [above, below] = (text ?? '').split('/').map(Number)
  const value = (above ?? 0) / (below ?? 1)
  return Number.isFinite(value) ? value : 0
}

/** Longer than this is no footage but a damaged header. */
const longestSeconds = 366 * 24 * 3600

async function extent(
  tools: MediaTools,
  path: string,
  { report, stream }: { readonly report: Report; readonly stream: Stream },
  options: Abortable,
): Promise<Pick<VideoInfo, 'startSeconds' | 'durationSeconds'>> {
  const { format } = report
  const startSeconds = stream.start_time ?? format?.start_time
  // Matroska may count its duration from 0 or from the first frame: where that is not the same, the packets tell
  const isTold = !(format?.format_name.includes('matroska') === true && (startSeconds ?? 0) > 1)
  const ofFormat = isTold
    ? (format?.start_time ?? 0) + (format?.duration ?? NaN) - (startSeconds ?? 0)
    : undefined
  const durationSeconds = [stream.duration, ofFormat].find(
    (seconds) => seconds !== undefined && seconds > 0 && seconds < longestSeconds,
  )
  if (startSeconds !== undefined && Number.isFinite(startSeconds) && durationSeconds !== undefined)
    return { startSeconds, durationSeconds }
  const { firstSeconds, endSeconds } = await scanPackets(tools, path, options)
  if (endSeconds - firstSeconds > longestSeconds)
    throw unreadable(path, 'limit_exceeded', `its time stamps go from ${firstSeconds} to ${endSeconds} s`)
  return { startSeconds: firstSeconds, durationSeconds: Math.max(0, endSeconds - firstSeconds) }
}

/** A clock that was never set writes a year before digital video: that is not when it was recorded. */
function recordingTime(tag: string | undefined): string | null {
  const time = tag === undefined ? NaN : Date.parse(tag)
  return Number.isFinite(time) && time >= Date.UTC(1990, 0) ? new Date(time).toISOString() : null
}

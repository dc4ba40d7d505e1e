import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import ffmpeg from 'fluent-ffmpeg'

/**
 * Demuxers an input may use. Without this list a text named .mp4 that is an HLS playlist or an ffconcat script makes
 * ffmpeg open other files of the machine, which a protocol list alone does not stop. Bare streams (.h264) are not
 * listed: they have no time stamps, and an event without a time is none.
 */
const formats = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf'

/** 8192 x 8192: the largest picture that is decoded; a 16,000 x 16,000 one would take 0.8 GB. */
export const maxPixels = 67_108_864
export const maxSide = 16_384

/** A path as ffmpeg takes it for a plain file, whatever characters are in the name. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`
}

/** What precedes every `-i`, of ffmpeg and ffprobe: local files of listed formats only, pictures of bounded size. */
export function inputLimits(): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-format_whitelist', formats, '-max_pixels', String(maxPixels)]
}

/**
 * A fluent command that reads `path` quietly and within the limits; `extra` are further options of the input. Decodes
 * with one thread for each core, at most four, unless told.
 */
export function readingCommand(
  path: string,
  extra: readonly string[] = [],
  { threads: wanted = Math.min(4, availableParallelism()) }: { readonly threads?: number | undefined } = {},
): ffmpeg.FfmpegCommand {
  const threads = String(wanted)
  return ffmpeg()
    .input(fileUrl(path))
    .inputOptions('-nostdin', '-hide_banner', '-v', 'error', '-y')
    .inputOptions([...inputLimits(), '-threads', threads, ...extra])
}

/** A fluent command that reads a video from its stdin, quietly and within the limits. */
export function readingPipe(): ffmpeg.FfmpegCommand {
  return ffmpeg()
    .input('pipe:0')
    .inputOptions('-hide_banner', '-v', 'error', '-y')
    .inputOptions([...inputLimits(), '-f', 'matroska'])
}

/** A fluent command that reads one raw picture of ours from its stdin, quietly. */
export function framePipe(
  { width, height }: { readonly width: number; readonly height: number },
  pixelFormat: string,
): ffmpeg.FfmpegCommand {
  return ffmpeg()
    .input('pipe:0')
    .inputOptions('-hide_banner', '-v', 'error', '-y')
    .inputOptions(['-protocol_whitelist', 'file,pipe', '-f', 'rawvideo', '-pixel_format', pixelFormat])
    .inputOptions(['-video_size', `${width}x${height}`])
}

/** The argument list of a fluent command; run it with media-process.ts. */
export function argumentsOf(command: ffmpeg.FfmpegCommand): readonly string[] {
  return command._getArguments()
}

/** Every frame once with its own time stamp: the option was renamed in 5.1, and the old name goes away. */
export function passEveryFrame(version: string): readonly [string, string] {
  return isBeforeRename(version) ? ['-vsync', '0'] : ['-fps_mode', 'passthrough']
}

/** A build from before 5.1 (July 2022). */
export function isBeforeRename(version: string): boolean {
  const release = /^n?(\d+)\.(\d+)/.exec(version)
  const [major, minor] = [Number(release?.[1]), Number(release?.[2])]
  const year = Number(/\((\d{4})\)$/.exec(version)?.[1])
  return !(release === null ? year >= 2023 : major > 5 || (major === 5 && minor >= 1))
}

/** Input options that begin reading at or before a PTS (the file's own, not counted from its first frame). */
export function seekTo(seconds: number): readonly string[] {
  return ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', seconds.toFixed(6)]
}

/** The same for decoding: early enough that the frame at this PTS comes out whole. */
export function seekToDecode(
  video: { readonly container: string; readonly startSeconds: number },
  seconds: number,
): readonly string[] {
  // a stream without an index is searched by byte position and may be entered in the middle of a group of pictures
  const margin = /mov|matroska|avi/.test(video.container) ? 0.25 : 30
  return seconds - margin > video.startSeconds ? seekTo(seconds - margin) : []
}

/** Input options for copying packets with the time stamps of the source; AVI has no PTS, so they are made up from its DTS. */
export function copyingInput(seek: readonly string[]): readonly string[] {
  return ['-copyts', '-fflags', '+genpts', ...seek]
}

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { locateMediaTools, type MediaTools } from '../../src/media/index.ts'

const run = promisify(execFile)
const limits = { maxBuffer: 64_000_000 }

/** The ffmpegs that must all work: the system's, and the old build of the npm packages. */
export async function mediaToolsets(): Promise<
  readonly { readonly name: string; readonly tools: MediaTools }[]
> {
  const packaged = (name: string): string =>
    (createRequire(import.meta.url)(`@${name}-installer/${name}`) as { path: string }).path
  return [
    { name: 'system', tools: await locateMediaTools() },
    {
      name: 'npm',
      tools: await locateMediaTools({ ffmpeg: packaged('ffmpeg'), ffprobe: packaged('ffprobe') }),
    },
  ]
}

export interface VideoRecipe {
  readonly size?: string
  readonly seconds?: number
  readonly fps?: number
  /** An lavfi source other than the moving test picture. */
  readonly picture?: string
  readonly audio?: readonly string[]
  readonly options?: readonly string[]
}

/** Writes a synthetic video: H.264 with B-frames and a keyframe a second unless `options` say otherwise. */
export async function makeVideo(output: string, recipe: VideoRecipe = {}): Promise<string> {
  const { size = '160x120', seconds = 4, fps = 10, audio } = recipe
  const { picture = `testsrc=s=${size}:r=${fps}:d=${seconds}` } = recipe
  const {
    options = ['-c:v', 'libx264', '-preset', 'fast', '-bf', '2', '-g', String(fps), '-pix_fmt', 'yuv420p'],
  } = recipe
  const sound = audio === undefined ? [] : ['-f', 'lavfi', '-i', `sine=d=${seconds}`]
  await ffmpeg(['-f', 'lavfi', '-i', picture, ...sound, ...options, ...(audio ?? []), '-y', `file:${output}`])
  return output
}

/** Runs the system's ffmpeg for what a test needs. */
export async function ffmpeg(args: readonly string[]): Promise<void> {
  const { ffmpeg: tool } = await locateMediaTools()
  await run(tool.path, ['-nostdin', '-v', 'error', ...args], limits)
}

/** PTS of every frame that ffprobe decodes, as it prints them. */
export async function frameTimes(path: string): Promise<readonly number[]> {
  const { ffprobe } = await locateMediaTools()
  const entries = [
    '-select_streams',
    'V:0',
    '-show_entries',
    'frame=best_effort_timestamp_time',
    '-of',
    'csv=p=0',
  ]
  const { stdout } = await run(ffprobe.path, ['-v', 'error', ...entries, `file:${path}`], limits)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number.parseFloat(line))
}

/** Turns an MP4 a quarter clockwise for display, by the matrix of its first track. */
export async function turnClockwise(path: string, height: number): Promise<void> {
  const bytes = await readFile(path)
  const matrix = bytes.indexOf('tkhd') + 4 + 40
  const values = [0, 65_536, 0, -65_536, 0, 0, height * 65_536, 0, 2 ** 30]
  values.forEach((value, index) => bytes.writeInt32BE(value, matrix + 4 * index))
  await writeFile(path, bytes)
}

/** Command lines of running processes that hold `text`. */
export async function processesNaming(text: string): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-eo', 'stat=,args='], limits)
  return stdout.split('\n').filter((line) => line.includes(text))
}

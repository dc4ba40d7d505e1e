/**
 * Makes the footage that docs/benchmarks.md speaks of: `node bench/footage.ts FOLDER`. No real 4K footage can be had
 * freely, so a sample video is enlarged, with noise of its own in every frame, at the bit rate of a camera.
 */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { locateMediaTools } from '../src/media/index.ts'
import { samplePath } from '../test/support/sample.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('which folder? node bench/footage.ts FOLDER')

const recipes = [
  {
    name: 'people-4k60.mp4',
    seconds: 20,
    fps: 60,
    size: '3840:2160',
    noise: 6,
    rate: ['-b:v', '12M'],
    gop: 120,
  },
  {
    name: 'people-1080p30.mp4',
    seconds: 140,
    fps: 30,
    size: '1920:1080',
    noise: 4,
    rate: ['-crf', '26'],
    gop: 60,
  },
]
await mkdir(folder, { recursive: true })
const { ffmpeg } = await locateMediaTools()
const run = promisify(execFile)
for (const { name, seconds, fps, size, noise, rate, gop } of recipes) {
  const output = join(folder, name)
  const filters = `fps=${fps},scale=${size},noise=alls=${noise}:allf=t`
  const input = ['-i', samplePath('videos/one-by-one-person-detection.mp4'), '-t', String(seconds)]
  const encoder = ['-c:v', 'libx264', '-preset', 'superfast', ...rate, '-g', String(gop), '-an']
  await run(ffmpeg.path, ['-v', 'error', '-y', ...input, '-vf', filters, ...encoder, output])
  console.log(output)
}

// what most cameras see most of the time: the first four seconds, without anybody, thirty times, and then one visit
const quiet = join(folder, 'quiet-1080p30.mp4')
const nobody = 'trim=0:4,setpts=PTS-STARTPTS,loop=loop=29:size=120:start=0,setpts=N/30/TB'
const graph = `[0:v]split=2[a][b];[a]${nobody}[quiet];[b]trim=4:20,setpts=PTS-STARTPTS[visit];[quiet][visit]concat[all]`
await run(ffmpeg.path, [
  ...[
    '-v',
    'error',
    '-y',
    '-i',
    join(folder, 'people-1080p30.mp4'),
    '-filter_complex',
    graph,
    '-map',
    '[all]',
  ],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '60', '-r', '30', quiet],
])
console.log(quiet)

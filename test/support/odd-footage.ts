import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ffmpeg, makeVideo, turnClockwise } from './make-video.ts'
import { samplePath } from './sample.ts'

/** Makes one file of footage at the path that it is given. */
type Recipe = (path: string) => Promise<void>

const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

const made =
  (recipe: Parameters<typeof makeVideo>[1]): Recipe =>
  async (path) => {
    await makeVideo(path, recipe)
  }

const text =
  (content: string): Recipe =>
  (path) =>
    writeFile(path, content)

/** Bytes in the middle of the pictures that are noise. */
const damaged =
  (codec: readonly string[]): Recipe =>
  async (path) => {
    await makeVideo(path, { size: '320x240', seconds: 6, options: ['-g', '10', ...codec] })
    const bytes = await readFile(path)
    const middle = Math.floor(bytes.length / 2)
    for (let at = middle; at < middle + bytes.length / 4; at++) bytes[at] = ((at * 40503) >> 5) & 0xff
    await writeFile(path, bytes)
  }

/** Recordings one behind the other in one transport stream; each is told by its size and where its time begins. */
const joined =
  (...parts: readonly (readonly [size: string, offset: number])[]): Recipe =>
  async (path) => {
    const files: Buffer[] = []
    for (const [index, [size, offset]] of parts.entries()) {
      const part = `${path}.${index}.part`
      const options = [...x264, '-bf', '0', '-g', '10', '-output_ts_offset', String(offset), '-f', 'mpegts']
      await makeVideo(part, { size, seconds: 3, options })
      files.push(await readFile(part))
      execFileSync('rm', [part])
    }
    await writeFile(path, Buffer.concat(files))
  }

/** An AVI whose headers, those of its JPEG pictures too, tell sides of 16,000. */
const giant: Recipe = async (path) => {
  await makeVideo(path, { size: '64x64', seconds: 1, options: ['-c:v', 'mjpeg'] })
  const bytes = await readFile(path)
  const header = bytes.indexOf('strf')
  for (const at of [12, 16]) bytes.writeUInt32LE(16_000, header + at)
  for (let at = bytes.indexOf('ffc0', 0, 'hex'); at !== -1; at = bytes.indexOf('ffc0', at + 2, 'hex'))
    for (const side of [5, 7]) bytes.writeUInt16BE(16_000, at + side)
  await writeFile(path, bytes)
}

/** Frames a second in the header of an AVI, as a fraction. */
const rated =
  (scale: number, rate: number): Recipe =>
  async (path) => {
    await makeVideo(path, { seconds: 2, options: [...x264, '-bf', '0'] })
    const bytes = await readFile(path)
    const header = bytes.indexOf('strh') + 8
    bytes.writeUInt32LE(scale, header + 20)
    bytes.writeUInt32LE(rate, header + 24)
    await writeFile(path, bytes)
  }

/** A copy of real footage, with what the options make of it. */
const remade =
  (sample: string, ...options: readonly string[]): Recipe =>
  (path) =>
    ffmpeg(['-i', samplePath(sample), ...options, '-y', `file:${path}`])

/** Of a few pictures of this size a stream of many, by repeating their packets. */
export async function manyPictures(path: string, size: string, times: number): Promise<void> {
  const one = `${path}.one.mp4`
  const options = [...x264, '-g', '20', '-refs', '16', '-x264-params', 'threads=1:qp=51']
  await makeVideo(one, { picture: `color=c=gray:s=${size}:r=10:d=2`, options })
  await ffmpeg(['-stream_loop', String(times - 1), '-i', one, '-c', 'copy', '-y', path])
  execFileSync('rm', [one])
}

/** Footage that is none, that is broken, and that lies. */
export const badFootage: Readonly<Record<string, Recipe>> = {
  'no-index.mp4': async (path) => {
    await makeVideo(path, { seconds: 6 })
    await truncate(path, 9000)
  },
  'cut.mp4': async (path) => {
    await makeVideo(path, { size: '320x240', seconds: 10, options: [...x264, '-movflags', '+faststart'] })
    const { length } = await readFile(path)
    await truncate(path, Math.floor(length / 2))
  },
  'cut.ts': async (path) => {
    await makeVideo(path, { seconds: 6 })
    const { length } = await readFile(path)
    await truncate(path, Math.floor(length / 2))
  },
  'cut.mkv': async (path) => {
    await makeVideo(path, { seconds: 6 })
    const { length } = await readFile(path)
    await truncate(path, Math.floor(length / 2))
  },
  'noise-h264.mp4': damaged([...x264, '-bf', '2']),
  'noise-h265.mp4': damaged(['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error']),
  'noise.ts': damaged([...x264, '-bf', '2']),
  'two-sizes.ts': joined(['160x120', 0], ['320x240', 3]),
  'jump-forward.ts': joined(['160x120', 0], ['160x120', 3600]),
  'jump-back.ts': joined(['160x120', 10], ['160x120', 4]),
  'jump-back-far.ts': joined(['160x120', 100], ['160x120', 0]),
  'giant.avi': giant,
  'bomb.mp4': (path) => manyPictures(path, '8192x8192', 3),
  'hls.mp4': text('#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ngood.mp4\n#EXT-X-ENDLIST\n'),
  'ffconcat.mp4': text('ffconcat version 1.0\nfile good.mp4\n'),
  'empty.mp4': text(''),
  'sound.mp4': (path) => ffmpeg(['-f', 'lavfi', '-i', 'sine=d=2', '-y', path]),
  'cover.mp4': async (path) => {
    await makeVideo(`${path}.jpg`, { options: ['-c:v', 'mjpeg', '-frames:v', '1', '-f', 'image2'] })
    const inputs = ['-f', 'lavfi', '-i', 'sine=d=2', '-i', `${path}.jpg`, '-map', '0', '-map', '1']
    await ffmpeg([...inputs, '-c:v', 'copy', '-disposition:v', 'attached_pic', '-y', path])
    execFileSync('rm', [`${path}.jpg`])
  },
  'no-keyframe.ts': async (path) => {
    const whole = `${path}.whole`
    await makeVideo(whole, { seconds: 4, options: [...x264, '-g', '1000', '-f', 'mpegts'] })
    await ffmpeg(['-i', whole, '-c', 'copy', '-bsf:v', 'noise=drop=key', '-f', 'mpegts', '-y', path])
    execFileSync('rm', [whole])
  },
  'no-rate.avi': rated(1, 0),
  'huge-rate.avi': rated(1, 4_000_000_000),
  'tiny-rate.avi': rated(4_000_000_000, 1),
}

/** Footage that is odd and must be analysed from end to end. */
export const oddFootage: Readonly<Record<string, Recipe>> = {
  '-i.mp4': made({}),
  '--help.mp4': made({}),
  'a\nb.mp4': made({}),
  'per%cent %03d.mp4': async (path) => {
    await makeVideo(`${path}.plain.mp4`)
    await rename(`${path}.plain.mp4`, path)
  },
  [`quo"te's $(touch x);.mp4`]: made({}),
  'file:pipe:1.mp4': made({}),
  'stream.ts': made({ audio: ['-c:a', 'aac'] }),
  'matroska.mkv': made({ audio: ['-c:a', 'aac'] }),
  'old.avi': made({ options: ['-c:v', 'mpeg4', '-bf', '2', '-g', '10'], audio: ['-c:a', 'mp3'] }),
  'turned.mp4': async (path) => {
    await makeVideo(path, { size: '160x96' })
    await turnClockwise(path, 96)
  },
  'odd-sides.mkv': made({ size: '107x61', options: ['-c:v', 'libx264', '-pix_fmt', 'yuv444p'] }),
  'tiny.mkv': made({ size: '2x2', options: ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p'] }),
  'strip.mkv': made({ size: '2000x16', options: ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p'] }),
  'uneven-rate.mp4': made({
    seconds: 6,
    options: ['-vf', `select='not(mod(n,7))+lt(n,20)'`, '-fps_mode', 'vfr', ...x264],
  }),
  'b-frames.mp4': made({
    options: ['-c:v', 'libx264', '-bf', '8', '-b_strategy', '0', '-pix_fmt', 'yuv420p'],
  }),
  'edit-list.mp4': async (path) => {
    const whole = `${path}.whole.mp4`
    await makeVideo(whole, { seconds: 6, options: [...x264, '-g', '30'] })
    await ffmpeg(['-ss', '1.5', '-i', whole, '-c', 'copy', '-y', path])
    execFileSync('rm', [whole])
  },
  'hevc.mp4': made({ options: ['-c:v', 'libx265', '-x265-params', 'log-level=error', '-tag:v', 'hvc1'] }),
  'full-chroma.mp4': made({ options: ['-c:v', 'libx264', '-pix_fmt', 'yuv444p'] }),
  'ten-bit.mp4': made({ options: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le'] }),
  'ten-bit-hevc.mkv': made({
    options: ['-c:v', 'libx265', '-x265-params', 'log-level=error', '-pix_fmt', 'yuv420p10le'],
  }),
  'no-keyframes.ts': made({ options: [...x264, '-x264-params', 'intra-refresh=1:keyint=20'] }),
  'one-picture.mp4': made({ options: [...x264, '-frames:v', '1'] }),
  'horses-hevc.mkv': remade(
    'videos/horses.mp4',
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    'log-level=error',
  ),
  'good.mp4': (path) => copyFile(samplePath('videos/horses.mp4'), path),
}

const x265 = (settings: string): readonly string[] => [
  ...['-c:v', 'libx265', '-x265-params', `log-level=error:${settings}`, '-tag:v', 'hvc1'],
]

/** Footage that is hard to cut. */
export const hardToCut: Readonly<Record<string, Recipe>> = {
  'turned-hevc.mp4': async (path) => {
    const upright = `${path}.upright.mp4`
    await makeVideo(upright, { size: '160x96', seconds: 6, options: x265('keyint=20') })
    await ffmpeg(['-i', upright, '-c', 'copy', '-metadata:s:v', 'rotate=90', '-y', path])
    execFileSync('rm', [upright])
  },
  'open-gop-hevc.mp4': made({ seconds: 6, options: x265('keyint=15:open-gop=1:bframes=4') }),
  'open-gop.ts': made({
    seconds: 6,
    options: [
      ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '15', '-bf', '3'],
      '-x264-params',
      'open-gop=1',
    ],
  }),
  'edit-list-b-frames.mp4': async (path) => {
    const whole = `${path}.whole.mp4`
    const options = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '20', '-bf', '3']
    await makeVideo(whole, { seconds: 8, options, audio: ['-c:a', 'aac'] })
    await ffmpeg(['-ss', '1.7', '-i', whole, '-c', 'copy', '-y', path])
    execFileSync('rm', [whole])
  },
  'fragmented.mp4': made({
    ...{ seconds: 6, audio: ['-c:a', 'aac'] },
    options: [...x264, '-bf', '2', '-g', '10', '-movflags', 'frag_keyframe+empty_moov'],
  }),
  'interlaced.ts': made({
    ...{ seconds: 6, fps: 25, audio: ['-c:a', 'mp2'] },
    options: ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-flags', '+ilme+ildct'],
  }),
  'late.mkv': made({ seconds: 6, options: [...x264, '-g', '10', '-output_ts_offset', '100'] }),
  'opus.mkv': made({ seconds: 6, options: [...x264, '-g', '10'], audio: ['-c:a', 'libopus'] }),
}

/** Makes the folder, and in it what is no file under names of videos; the socket is to be closed by the caller. */
export async function makeSpecials(folder: string): Promise<{ readonly close: () => void }> {
  await mkdir(join(folder, 'folder.mp4'), { recursive: true })
  execFileSync('mkfifo', [join(folder, 'fifo.mp4')])
  execFileSync('ln', ['-s', '/dev/zero', join(folder, 'device.mp4')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket.mp4'), resolve))
  return { close: () => server.close() }
}

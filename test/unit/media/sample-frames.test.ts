import { copyFile, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  probeVideo,
  sampleFrames,
  type DecodeSummary,
  type MediaTools,
  type SampledFrame,
  type SampleRequest,
} from '../../../src/media/index.ts'
import {
  ffmpeg,
  frameTimes,
  makeVideo,
  mediaToolsets,
  processesNaming,
  turnClockwise,
} from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const small = { width: 64, height: 64, pixelFormat: 'yuv420p' } as const

/** Every second frame has the time of the one before it. */
const repeatedTimes = ['-c:v', 'mjpeg', '-bsf:v', "setts=ts='floor(N/2)*2'"]

interface Walked {
  readonly frames: readonly SampledFrame[]
  readonly times: readonly number[]
  readonly summary: DecodeSummary
}

type ByTime = Extract<SampleRequest, { fps: number }>

async function walk(tools: MediaTools, path: string, request: Partial<ByTime> = {}): Promise<Walked> {
  const video = request.video ?? (await probeVideo(tools, path))
  const { frames, summary } = sampleFrames(tools, path, { fps: 1000, shape: small, ...request, video })
  const taken: SampledFrame[] = []
  for await (const frame of frames) taken.push(frame)
  return { frames: taken, times: taken.map((frame) => frame.seconds), summary: await summary }
}

/** The first frame, then the first of every 1/fps of the time line. */
function expectedPicks(times: readonly number[], fps: number): number[] {
  const slot = (seconds: number): number => Math.floor(seconds * fps + 1e-6)
  return times.filter((seconds, index) => index === 0 || slot(seconds) > slot(times[index - 1] ?? 0))
}

describe.each(await mediaToolsets())('sampleFrames with the ffmpeg of $name', ({ tools }) => {
  it.each([
    'delayed_start_pts.mp4',
    'traffic_camera_vfr.mp4',
    'tree_swaying.avi',
    'horses.mp4',
    'empty_savanna_106x60.mp4',
  ])('gives every frame of %s the PTS that ffprobe gives it', async (name) => {
    const path = samplePath(`videos/${name}`)
    const { times, summary } = await walk(tools, path)
    expect(times).toEqual(await frameTimes(path))
    expect(summary).toEqual({ frames: times.length, lastSeconds: times.at(-1), errors: [], complete: true })
  })

  it.each(['mp4', 'mkv', 'ts', 'flv', 'mov'])('gives PTS in order for B-frames in %s', async (extension) => {
    const path = await makeVideo(join(await tempDir(), `video.${extension}`))
    const { times, summary } = await walk(tools, path)
    expect(times).toEqual(await frameTimes(path))
    expect(times).toHaveLength(40)
    expect(summary.complete).toBe(true)
  })

  it.each([0.5, 5, 12.5, 30])(
    'picks the first frame and then one in every 1/%d s, whatever the frame rate',
    async (fps) => {
      for (const name of ['traffic_camera_vfr.mp4', 'delayed_start_pts.mp4']) {
        const path = samplePath(`videos/${name}`)
        const { times } = await walk(tools, path, { fps })
        expect(times).toEqual(expectedPicks(await frameTimes(path), fps))
      }
    },
  )

  it.each(['mp4', 'mkv', 'ts'])(
    'begins at a time in the middle of %s with the frames a whole walk gives',
    async (extension) => {
      const path = await makeVideo(join(await tempDir(), `video.${extension}`), { seconds: 8 })
      const whole = await walk(tools, path, { fps: 5 })
      const fromSeconds = whole.times[17] ?? NaN
      const rest = await walk(tools, path, { fps: 5, part: { fromSeconds } })
      expect(rest.times).toEqual(whole.times.slice(17))
      expect(rest.frames[0]?.data).toEqual(whole.frames[17]?.data)
      expect(rest.frames[0]?.index).toBe(0)
      expect(rest.summary.complete).toBe(true)
    },
  )

  it('letterboxes with grey 114 in both pixel formats', async () => {
    const path = await makeVideo(join(await tempDir(), 'white.mp4'), {
      picture: 'color=white:s=128x64:r=5:d=1',
    })
    const gbrp = await walk(tools, path, { shape: { width: 64, height: 64, pixelFormat: 'gbrp' } })
    expect(gbrp.frames[0]?.data).toHaveLength(64 * 64 * 3)
    expect([gbrp.frames[0]?.data[0], gbrp.frames[0]?.data[32 * 64 + 32]]).toEqual([114, 255])
    const yuv = await walk(tools, path)
    expect(yuv.frames[0]?.data).toHaveLength(64 * 64 * 1.5)
    // limited range: grey 114 is 16 + 114 * 219 / 255
    expect(Math.abs((yuv.frames[0]?.data[0] ?? 0) - 114)).toBeLessThanOrEqual(1)
    expect(yuv.frames[0]?.data[32 * 64 + 32]).toBe(235)
    expect(yuv.frames[0]?.data.buffer.byteLength).toBe(64 * 64 * 1.5)
  })

  it('gives the picture of a turned video as it is displayed', async () => {
    const picture = 'color=white:s=64x32:r=5:d=1,drawbox=x=32:w=32:h=32:color=black:t=fill'
    const path = await makeVideo(join(await tempDir(), 'turned.mp4'), { picture })
    await turnClockwise(path, 32)
    const { frames } = await walk(tools, path)
    const luma = (x: number, y: number): number => frames[0]?.data[y * 64 + x] ?? NaN
    // a quarter clockwise: what was left is on top; the picture is 32 wide in the middle of 64
    expect(luma(32, 8)).toBeGreaterThan(200)
    expect(luma(32, 56)).toBeLessThan(40)
    expect(Math.abs(luma(4, 32) - 114)).toBeLessThan(3)
  })

  it.each(['101x67', '2x2', '16x1000', '1000x16'])('takes pictures of %s', async (size) => {
    const options = ['-c:v', 'ffv1', '-pix_fmt', 'yuv444p']
    const path = await makeVideo(join(await tempDir(), 'odd.mkv'), { size, seconds: 1, options })
    expect((await walk(tools, path)).times).toHaveLength(10)
  })

  it('goes on through a change of the picture size', async () => {
    const folder = await tempDir()
    const parts = [
      await makeVideo(join(folder, 'a.ts'), { size: '160x120', seconds: 1 }),
      await makeVideo(join(folder, 'b.ts'), {
        size: '320x240',
        seconds: 1,
        options: ['-output_ts_offset', '1', '-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p'],
      }),
    ]
    const path = join(folder, 'both.ts')
    await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))))
    const { times } = await walk(tools, path, { fps: 5 })
    expect(times.length).toBeGreaterThanOrEqual(9)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  })

  it('decodes H.265 and H.264 4:4:4', async () => {
    for (const [name, count] of [
      ['pedestrians_h265_g100.mp4', 40],
      ['cockatoo_yuv444.mp4', 14],
    ] as const) {
      const { times, summary } = await walk(tools, samplePath(`videos/${name}`), { fps: 1 })
      expect(times).toHaveLength(count)
      expect(summary).toMatchObject({ complete: true, errors: [] })
    }
  })

  it('gives the frames up to the cut of a truncated file, and tells', async () => {
    const path = join(await tempDir(), 'cut.mp4')
    await ffmpeg([
      '-i',
      samplePath('videos/one-by-one-person-detection.mp4'),
      '-c',
      'copy',
      '-movflags',
      '+faststart',
      path,
    ])
    const video = await probeVideo(tools, path)
    await truncate(path, 1_000_000)
    const { times, summary } = await walk(tools, path, { video, fps: 1 })
    expect(times.length).toBeGreaterThan(10)
    expect(times.length).toBeLessThan(139)
    expect(summary.complete).toBe(false)
    expect(summary.errors).not.toEqual([])
    expect(summary.lastSeconds).toBeGreaterThanOrEqual(times.at(-1) ?? Infinity)
    expect(summary.lastSeconds).toBeLessThan(130)
  })

  it('goes on after damage in the middle, and tells', async () => {
    const path = join(await tempDir(), 'damaged.mp4')
    const bytes = await readFile(samplePath('videos/pedestrians_h264_g20.mp4'))
    bytes.fill(0x5a, 1_500_000, 1_520_000)
    await writeFile(path, bytes)
    const { times, summary } = await walk(tools, path, { fps: 1 })
    expect(times.at(-1)).toBeGreaterThan(58)
    expect(summary.complete).toBe(true)
    expect(summary.errors).not.toEqual([])
  })

  it.each([
    '-i.mp4',
    '--.mp4',
    'a:b.mp4',
    '%d.mp4',
    '%03d x.mp4',
    `it's "q".mp4`,
    '文 é.mp4',
    '$(touch x);.mp4',
    '[0:v],;.mp4',
    'a\nb.mp4',
    'concat:x.mp4',
  ])('reads a file called %j', async (name) => {
    const folder = await tempDir()
    const path = join(folder, name)
    await rename(await makeVideo(join(folder, 'plain.mp4'), { seconds: 1 }), path)
    const { times, summary } = await walk(tools, path)
    expect(times).toHaveLength(10)
    expect(summary.complete).toBe(true)
  })

  it('waits for its reader, and leaves nothing behind when the loop is left', async () => {
    const path = join(await tempDir(), 'left.mp4')
    await copyFile(samplePath('videos/one-by-one-person-detection.mp4'), path)
    const video = await probeVideo(tools, path)
    const shape = { width: 640, height: 384, pixelFormat: 'yuv420p' } as const
    const { frames, summary } = sampleFrames(tools, path, { fps: 10, shape, video })
    for await (const { index } of frames) {
      if (index === 0) await delay(300)
      if (index < 3) continue
      // 1394 frames of 368,640 bytes do not fit in pipes and a queue of six: it stands still
      expect(await processesNaming(path)).not.toEqual([])
      break
    }
    expect(await processesNaming(path)).toEqual([])
    expect(await summary).toMatchObject({ frames: 4, complete: false })
  })

  it('is ended by an abort, whose reason is thrown, and leaves nothing behind', async () => {
    const path = join(await tempDir(), 'aborted.mp4')
    await copyFile(samplePath('videos/one-by-one-person-detection.mp4'), path)
    const video = await probeVideo(tools, path)
    const abort = new AbortController()
    const { frames, summary } = sampleFrames(
      tools,
      path,
      { fps: 10, shape: small, video },
      { signal: abort.signal },
    )
    const walking = (async () => {
      for await (const { index } of frames) if (index === 5) abort.abort(new Error('enough'))
    })()
    await expect(walking).rejects.toThrow('enough')
    expect(await processesNaming(path)).toEqual([])
    expect(await summary).toMatchObject({ complete: false })
  })

  it.each([
    ['horses.mp4', 1],
    ['horses.mp4', 7],
    ['traffic_camera_vfr.mp4', 30],
    ['delayed_start_pts.mp4', 4],
    ['tree_swaying.avi', 10],
  ])('gives of %s every frame whose number a stride of %d divides', async (name, stride) => {
    const path = samplePath(`videos/${name}`)
    const { frames, summary } = sampleFrames(tools, path, {
      stride,
      shape: small,
      video: await probeVideo(tools, path),
    })
    const times: number[] = []
    for await (const { index, seconds } of frames) {
      expect(index).toBe(times.length)
      times.push(seconds)
    }
    expect(times).toEqual((await frameTimes(path)).filter((_, index) => index % stride === 0))
    expect(await summary).toMatchObject({ frames: times.length, complete: true })
  })

  it('counts every frame by stride, also one whose time stamp repeats', async () => {
    const path = join(await tempDir(), 'repeats.mkv')
    await makeVideo(path, { seconds: 2, fps: 10, options: repeatedTimes })
    const video = await probeVideo(tools, path)
    const byTime = await walk(tools, path)
    const byCount: number[] = []
    for await (const { seconds } of sampleFrames(tools, path, { stride: 1, shape: small, video }).frames)
      byCount.push(seconds)
    expect(byCount).toHaveLength(20)
    expect(byTime.times.length).toBeLessThan(20)
    expect(byCount.toSorted((a, b) => a - b)).toEqual(byCount)
  })

  it('refuses a stride that is no count', async () => {
    const path = samplePath('videos/horses.mp4')
    const video = await probeVideo(tools, path)
    for (const stride of [0, -1, 1.5, NaN])
      expect(() => sampleFrames(tools, path, { stride, shape: small, video })).toThrow(RangeError)
  })

  it('can be walked once', async () => {
    const path = samplePath('videos/horses.mp4')
    const { frames } = sampleFrames(tools, path, {
      fps: 1,
      shape: small,
      video: await probeVideo(tools, path),
    })
    for await (const frame of frames) expect(frame.data).toHaveLength(6144)
    expect(() => frames[Symbol.asyncIterator]()).toThrow(TypeError)
  })
})

describe('sampleFrames with a program that fails', () => {
  const request = async (): Promise<SampleRequest> => {
    const [system] = await mediaToolsets()
    if (system === undefined) throw new Error('there is no ffmpeg')
    return { fps: 5, shape: small, video: await probeVideo(system.tools, samplePath('videos/horses.mp4')) }
  }
  const stub = async (body: string): Promise<MediaTools> => {
    const path = join(await tempDir(), 'ffmpeg')
    await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    const tool = { path, version: '5.1', origin: 'setting' } as const
    return { ffmpeg: tool, ffprobe: tool }
  }

  it.each([
    ['crashes', 'kill -SEGV $$', /SIGSEGV/],
    ['ends with 0 and gives nothing', 'exit 0', /the frames end/],
    ['ends with an error', 'echo no such filter >&2; exit 1', /no such filter/],
    ['gives half a frame', 'head -c 100 /dev/zero', /the frames end/],
  ])('ends without frames when it %s, and tells', async (_what, body, complaint) => {
    const { frames, summary } = sampleFrames(await stub(body), '/no/matter.mp4', await request())
    for await (const frame of frames) throw new Error(`a frame at ${frame.seconds}`)
    expect(await summary).toMatchObject({ frames: 0, lastSeconds: null, complete: false })
    expect((await summary).errors.join()).toMatch(complaint)
  })

  it('gives up when nothing comes, and tells', async () => {
    const tools = await stub('exec sleep 1021')
    const { frames, summary } = sampleFrames(tools, '/no/matter.mp4', await request(), { stallMs: 100 })
    for await (const frame of frames) throw new Error(`a frame at ${frame.seconds}`)
    expect(await summary).toMatchObject({ complete: false, errors: ['no frame for 0.1 s'] })
    expect(await processesNaming('sleep 1021')).toEqual([])
  })
})

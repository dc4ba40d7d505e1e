import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Interval } from '../../../src/domain/index.ts'
import { cutClip, probeVideo, scanPackets, type CutClip, type MediaTools } from '../../../src/media/index.ts'
import { readAvcConfig } from '../../../src/media/avc-config.ts'
import { decodedFrames } from '../../../src/media/decoded-frames.ts'
import { frameTimes, makeVideo, mediaToolsets, turnClockwise } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const run = promisify(execFile)

async function cutExactly(
  tools: MediaTools,
  source: string,
  [from, to]: readonly [number, number] = [0.43, 0.81],
): Promise<CutClip & { asked: Interval; frameSeconds: number }> {
  const video = await probeVideo(tools, source)
  const { keyframeSeconds } = await scanPackets(tools, source)
  const asked = {
    startSeconds: video.startSeconds + from * video.durationSeconds,
    endSeconds: video.startSeconds + to * video.durationSeconds,
  }
  const output = join(await tempDir(), 'clip.mp4')
  const clip = await cutClip(tools, { source, video, keyframeSeconds, asked, output, mode: 'exact' })
  expect(await readdir(dirname(output))).toEqual(['clip.mp4'])
  return { ...clip, asked, frameSeconds: 1 / video.frameRate }
}

/** The likeness of each frame of a clip and the source’s frame at that time, in dB of PSNR, in order. */
async function likeness(tools: MediaTools, source: string, clip: CutClip): Promise<readonly number[]> {
  const { startSeconds } = clip.actual
  const times = await frameTimes(source)
  const first = times.findIndex((seconds) => seconds >= startSeconds - 0.002)
  const graph =
    `[0:v]select='gte(n,${first})',settb=1/10,setpts=N,format=yuv420p[a];[1:v]settb=1/10,setpts=N,format=yuv420p[b];` +
    '[a][b]psnr=stats_file=-:shortest=1'
  const { stdout } = await run(
    tools.ffmpeg.path,
    ['-v', 'error', '-i', `file:${source}`, '-i', `file:${clip.path}`, '-lavfi', graph, '-f', 'null', '-'],
    { maxBuffer: 64_000_000 },
  )
  return [...stdout.matchAll(/psnr_avg:(inf|[\d.]+)/g)].map(([, value]) =>
    value === 'inf' ? 99 : Number(value),
  )
}

async function expectExact(
  tools: MediaTools,
  source: string,
  clip: Awaited<ReturnType<typeof cutExactly>>,
): Promise<void> {
  const { actual, asked, frameSeconds } = clip
  expect(actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds + 1e-5)
  expect(asked.startSeconds - actual.startSeconds).toBeLessThan(1.05 * frameSeconds)
  expect(actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds - 1e-5)
  const { frames, errors } = await decodedFrames(tools, clip.path)
  expect(errors).toEqual([])
  const seconds = frames.map((frame) => frame.seconds)
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b))
  expect(new Set(seconds).size).toBe(seconds.length)
  const inSource = (await frameTimes(source)).filter(
    (at) => at >= actual.startSeconds - 0.002 && at < actual.endSeconds - 0.002,
  )
  expect(frames.length).toBe(inSource.length)
}

describe.each(await mediaToolsets())('an exact clip by the ffmpeg of $name', ({ name, tools }) => {
  it.each([
    ['mp4', []],
    ['mkv', []],
    ['ts', []],
    ['mp4', ['-x264-params', 'bframes=3:b-pyramid=normal:open-gop=0']],
    ['mp4', ['-profile:v', 'baseline']],
  ] as const)('of H.264 in %s %j encodes the first group of pictures only', async (extension, options) => {
    const audio = ['-c:a', 'aac']
    const coding = ['-c:v', 'libx264', '-preset', 'fast', '-g', '10', '-pix_fmt', 'yuv420p', ...options]
    const source = await makeVideo(join(await tempDir(), `source.${extension}`), {
      ...{ seconds: 8, audio },
      options: options.length === 0 ? [...coding, '-bf', '2'] : coding,
    })
    const clip = await cutExactly(tools, source)
    expect(clip.reencoded).toEqual({ part: 'firstGop', codec: 'h264' })
    await expectExact(tools, source, clip)
    expect(await probeVideo(tools, clip.path)).toMatchObject({ hasAudio: true, codec: 'h264' })
    const bytes = await readFile(clip.path)
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
    const config = await readAvcConfig(clip.path)
    expect([config?.sequences.length, config?.pictures.length]).toEqual([2, 2])
    if (name !== 'system') return
    const like = await likeness(tools, source, clip)
    expect(like.length).toBeGreaterThan(20)
    const { startSeconds } = await probeVideo(tools, source)
    // encoded up to the keyframe of the fifth second, and from there on the very same pictures
    const seam = like.findIndex((value) => value === 99)
    expect(seam).toBe(Math.round((startSeconds + 4 - clip.actual.startSeconds) * 10))
    expect(Math.min(...like.slice(0, seam))).toBeGreaterThan(33)
    expect(like.slice(seam).every((value) => value === 99)).toBe(true)
  })

  it('of a file with an edit list, and of a turned one, keeps time and turn', async () => {
    const source = await makeVideo(join(await tempDir(), 'turned.mp4'), { size: '64x32', seconds: 6 })
    await turnClockwise(source, 32)
    const clip = await cutExactly(tools, source)
    expect(clip.reencoded?.part).toBe('firstGop')
    await expectExact(tools, source, clip)
    expect(await probeVideo(tools, clip.path)).toMatchObject({ width: 32, height: 64, rotation: 90 })
  })

  it.each([
    ['H.265', 'mp4', ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=10'], '160x120'],
    ['MPEG-4 in AVI', 'avi', ['-c:v', 'mpeg4', '-bf', '2', '-g', '10'], '160x120'],
    ['H.264 in AVI', 'avi', ['-c:v', 'libx264', '-bf', '0', '-g', '10', '-pix_fmt', 'yuv420p'], '160x120'],
    ['H.264 of 4:4:4 and odd sides', 'mkv', ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv444p'], '107x61'],
    ['VP9', 'webm', ['-c:v', 'libvpx-vp9', '-g', '10', '-cpu-used', '8', '-b:v', '200k'], '160x120'],
  ] as const)('of %s in %s is encoded whole and says why', async (_, extension, options, size) => {
    const source = await makeVideo(join(await tempDir(), `source.${extension}`), {
      ...{ size, seconds: 4, options: [...options] },
    })
    const clip = await cutExactly(tools, source)
    expect(clip.reencoded).toMatchObject({ part: 'whole', why: expect.any(String) as string })
    await expectExact(tools, source, clip)
    if (name === 'system' && size === '160x120')
      expect(Math.min(...(await likeness(tools, source, clip)))).toBeGreaterThan(25)
  })

  it('has the times of a video of variable rate', async () => {
    const source = samplePath('videos/traffic_camera_vfr.mp4')
    const clip = await cutExactly(tools, source, [0.4, 0.5])
    const times = await frameTimes(source)
    expect(clip.actual.startSeconds).toBeCloseTo(
      times.filter((seconds) => seconds <= clip.asked.startSeconds).at(-1) ?? NaN,
      3,
    )
    const { frames } = await decodedFrames(tools, clip.path)
    const inSource = times.filter(
      (at) => at >= clip.actual.startSeconds - 0.002 && at < clip.actual.endSeconds - 0.002,
    )
    expect(frames.length).toBe(inSource.length)
    const zero = frames[0]?.seconds ?? NaN
    frames.forEach(({ seconds }, index) => {
      expect(seconds - zero).toBeCloseTo((inSource[index] ?? NaN) - (inSource[0] ?? NaN), 2)
    })
  })

  it('is a copy where a keyframe is at the asked start', async () => {
    const source = await makeVideo(join(await tempDir(), 'source.mp4'), { seconds: 8 })
    const clip = await cutExactly(tools, source, [0.5, 0.7])
    expect(clip.reencoded).toBeUndefined()
    expect(clip.actual.startSeconds).toBe(4)
  })
})

describe('the copied clip of an AVI whose packets have no PTS', () => {
  it('holds the asked part from the first second on', async () => {
    for (const { tools } of await mediaToolsets()) {
      const source = samplePath('videos/highway_320x240.avi')
      const video = await probeVideo(tools, source)
      const { keyframeSeconds, firstSeconds } = await scanPackets(tools, source)
      const output = join(await tempDir(), 'clip.mp4')
      const asked = { startSeconds: firstSeconds, endSeconds: 2 }
      const { actual } = await cutClip(tools, { source, video, keyframeSeconds, asked, output })
      expect(actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds)
      expect(actual.endSeconds).toBeGreaterThanOrEqual(2)
      const first = (await decodedFrames(tools, output)).frames[0]
      expect(first?.sum).toBe((await decodedFrames(tools, source)).frames[0]?.sum)
    }
  })
})

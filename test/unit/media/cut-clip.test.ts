import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Interval } from '../../../src/domain/index.ts'
import {
  cutClip,
  cutThumbnail,
  probeVideo,
  sampleFrames,
  scanPackets,
  type CutClip,
  type MediaTools,
} from '../../../src/media/index.ts'
import { makeVideo, mediaToolsets, processesNaming, turnClockwise } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const shape = { width: 64, height: 64, pixelFormat: 'yuv420p' } as const

interface CutCase extends CutClip {
  readonly asked: Interval
  readonly keyframeSeconds: readonly number[]
}

/** Cuts the part between two fractions of the footage. */
async function cutPart(
  tools: MediaTools,
  source: string,
  [from, to]: readonly [number, number] = [0.4, 0.6],
): Promise<CutCase> {
  const video = await probeVideo(tools, source)
  const { keyframeSeconds } = await scanPackets(tools, source)
  const asked = {
    startSeconds: video.startSeconds + from * video.durationSeconds,
    endSeconds: video.startSeconds + to * video.durationSeconds,
  }
  const output = join(await tempDir(), 'clips', '..', 'clip of it.mp4')
  return {
    ...(await cutClip(tools, { source, video, keyframeSeconds, asked, output })),
    asked,
    keyframeSeconds,
  }
}

/** Decodes a clip whole: its frames' times, and that nothing was wrong with it. */
async function decode(tools: MediaTools, path: string): Promise<readonly number[]> {
  const video = await probeVideo(tools, path)
  const { frames, summary } = sampleFrames(tools, path, { fps: 1000, shape, video })
  const times: number[] = []
  for await (const frame of frames) times.push(frame.seconds)
  expect(await summary).toMatchObject({ complete: true, errors: [] })
  return times
}

describe.each(await mediaToolsets())('cutClip with the ffmpeg of $name', ({ tools }) => {
  it.each([
    'one-by-one-person-detection.mp4',
    'pedestrians_h265_g100.mp4',
    'traffic_camera_vfr.mp4',
    'delayed_start_pts.mp4',
    'car-detection.mp4',
    'empty_savanna_106x60.mp4',
  ])('copies from the last keyframe before the asked part of %s to behind its end', async (name) => {
    const cut = await cutPart(tools, samplePath(`videos/${name}`))
    const { actual, asked, path, bytes, keyframeSeconds } = cut
    expect(actual.startSeconds).toBe(
      keyframeSeconds.filter((seconds) => seconds <= asked.startSeconds).at(-1),
    )
    expect(actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds)
    expect((await readFile(path)).length).toBe(bytes)
    const times = await decode(tools, path)
    const clip = await scanPackets(tools, path)
    expect(clip.keyframeSeconds[0]).toBeLessThan(2.1)
    expect(times[0]).toBe(clip.keyframeSeconds[0])
    expect(clip.endSeconds - (clip.keyframeSeconds[0] ?? 0)).toBeCloseTo(
      actual.endSeconds - actual.startSeconds,
      4,
    )
  })

  it.each(['mkv', 'ts', 'flv', 'avi'])(
    'begins with that keyframe in %s too, with the sound',
    async (extension) => {
      const audio = ['-c:a', extension === 'avi' ? 'mp3' : 'aac']
      const source = await makeVideo(join(await tempDir(), `source.${extension}`), { seconds: 8, audio })
      const { actual, asked, path, keyframeSeconds } = await cutPart(tools, source, [0.45, 0.7])
      const keyframe = keyframeSeconds.filter((seconds) => seconds <= asked.startSeconds).at(-1) ?? NaN
      expect(actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds)
      expect(Math.abs(actual.startSeconds - keyframe)).toBeLessThan(extension === 'avi' ? 1.1 : 0.001)
      expect(actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds)
      expect(await probeVideo(tools, path)).toMatchObject({ hasAudio: true, codec: 'h264' })
      expect((await decode(tools, path)).length).toBeGreaterThan(20)
    },
  )

  it('holds the same pictures as the source at the times it tells', async () => {
    const source = await makeVideo(join(await tempDir(), 'source.mkv'), { seconds: 8 })
    const { actual, path } = await cutPart(tools, source, [0.45, 0.7])
    const take = async (file: string, fromSeconds: number): Promise<Uint8Array> => {
      const video = await probeVideo(tools, file)
      for await (const frame of sampleFrames(tools, file, { fps: 1000, shape, video, part: { fromSeconds } })
        .frames)
        return frame.data
      throw new Error('no frame')
    }
    const offset = ((await scanPackets(tools, path)).keyframeSeconds[0] ?? NaN) - actual.startSeconds
    for (const seconds of [actual.startSeconds, 4.5, 5.2])
      expect(await take(path, seconds + offset - 0.01)).toEqual(await take(source, seconds - 0.01))
  })

  it('begins earlier where an index calls a keyframe what cannot be decoded alone', async () => {
    for (const name of ['cockatoo_yuv444.mp4', 'highway_320x240.avi']) {
      const { actual, asked, path } = await cutPart(tools, samplePath(`videos/${name}`))
      expect(actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds)
      expect(actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds)
      await decode(tools, path)
    }
  })

  it('writes Matroska where MP4 does not take the codec, and says so', async () => {
    const { path, actual, asked } = await cutPart(tools, samplePath('videos/tree_swaying.avi'))
    expect(basename(path)).toBe('clip of it.mkv')
    expect((await probeVideo(tools, path)).container).toContain('matroska')
    expect(actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds)
    expect(actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds)
  })

  it('leaves sound away that MP4 does not take', async () => {
    const source = await makeVideo(join(await tempDir(), 'pcm.mkv'), { audio: ['-c:a', 'pcm_s16le'] })
    expect((await probeVideo(tools, source)).hasAudio).toBe(true)
    const { path } = await cutPart(tools, source)
    expect(await probeVideo(tools, path)).toMatchObject({ hasAudio: false })
  })

  it('puts the index first, carries no metadata and is the same each time', async () => {
    const options = [
      '-metadata',
      'location=+48.1+011.5/',
      '-metadata',
      'title=Gate 7',
      '-metadata',
      'creation_time=2026-03-01T12:00:00Z',
    ]
    const source = await makeVideo(join(await tempDir(), 'tagged.mp4'), { options })
    const [one, two] = [await cutPart(tools, source), await cutPart(tools, source)]
    const bytes = await readFile(one.path)
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
    for (const secret of ['48.1', 'Gate 7', 'Lavf']) expect(bytes.includes(secret), secret).toBe(false)
    expect((await probeVideo(tools, one.path)).recordedAt).toBeNull()
    expect(bytes.equals(await readFile(two.path))).toBe(true)
  })

  it('keeps the turn of a turned video', async () => {
    const source = await makeVideo(join(await tempDir(), 'turned.mp4'), { size: '64x32' })
    await turnClockwise(source, 32)
    const { path } = await cutPart(tools, source)
    expect(await probeVideo(tools, path)).toMatchObject({ width: 32, height: 64, rotation: 90 })
  })

  it('cuts what there is where more is asked, and refuses where there is nothing', async () => {
    const source = samplePath('videos/delayed_start_pts.mp4')
    const { actual, path } = await cutPart(tools, source, [-3, 4])
    expect(actual).toEqual({ startSeconds: 1.075, endSeconds: 2.035 })
    expect(await decode(tools, path)).toHaveLength(24)
    await expect(cutPart(tools, source, [5, 6])).rejects.toMatchObject({ code: 'ffmpeg_failed' })
  })

  it('leaves no file behind when it fails or is aborted', async () => {
    const folder = await tempDir()
    const source = join(folder, 'source.mp4')
    await copyFile(samplePath('videos/horses.mp4'), source)
    const video = await probeVideo(tools, source)
    const { keyframeSeconds } = await scanPackets(tools, source)
    const request = {
      source,
      video,
      keyframeSeconds,
      asked: { startSeconds: 1, endSeconds: 2 },
      output: join(folder, 'clip.mp4'),
    }
    const abort = new AbortController()
    const cutting = cutClip(tools, request, { signal: abort.signal })
    setImmediate(() => {
      abort.abort(new Error('enough'))
    })
    await expect(cutting).rejects.toThrow('enough')
    expect(await processesNaming(source)).toEqual([])
    await writeFile(source, 'gone')
    await expect(cutClip(tools, request)).rejects.toMatchObject({ code: 'ffmpeg_failed' })
    expect(await readdir(folder)).toEqual(['source.mp4'])
  })

  it.each(['-y.mp4', 'a:b.mp4', '%03d.mp4', `it's "q"; x.mp4`])(
    'writes a clip and a thumbnail called %j',
    async (name) => {
      const folder = await tempDir()
      const source = await makeVideo(join(folder, 'source.mp4'))
      const video = await probeVideo(tools, source)
      const { keyframeSeconds } = await scanPackets(tools, source)
      const output = join(folder, name)
      const clip = await cutClip(tools, {
        source,
        video,
        keyframeSeconds,
        asked: { startSeconds: 1, endSeconds: 2 },
        output,
      })
      expect(clip.path).toBe(output)
      await cutThumbnail(tools, { source, video, seconds: 1, output: `${output}.jpg` })
      expect((await readdir(folder)).sort()).toEqual([name, `${name}.jpg`, 'source.mp4'].sort())
    },
  )
})

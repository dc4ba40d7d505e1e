import { execFileSync } from 'node:child_process'
import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isEdgeError, Reason } from '../../../src/domain/index.ts'
import { probeVideo, sampleFrames, scanPackets, type MediaTools } from '../../../src/media/index.ts'
import { ffmpeg, makeVideo, mediaToolsets, turnClockwise } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** The domain Reason with which a file is refused. */
async function refusalOf(tools: MediaTools, path: string): Promise<Reason> {
  const error: unknown = await probeVideo(tools, path).catch((thrown: unknown) => thrown)
  if (!isEdgeError(error, 'media_unreadable')) throw new Error(`not refused: ${String(error)}`)
  return Reason.parse(error.details?.['reason'])
}

/** An AVI of JPEG pictures that are 16,000 x 16,000 by their own headers, and by the file's if told so. */
async function hugePicture(path: string, inHeader: boolean): Promise<void> {
  await makeVideo(path, { size: '64x64', seconds: 1, options: ['-c:v', 'mjpeg'] })
  const bytes = await readFile(path)
  const header = bytes.indexOf('strf')
  if (inHeader) for (const at of [12, 16]) bytes.writeUInt32LE(16_000, header + at)
  for (let at = bytes.indexOf('ffc0', 0, 'hex'); at !== -1; at = bytes.indexOf('ffc0', at + 2, 'hex')) {
    bytes.writeUInt16BE(16_000, at + 5)
    bytes.writeUInt16BE(16_000, at + 7)
  }
  await writeFile(path, bytes)
}

describe.each(await mediaToolsets())('probeVideo with the ffprobe of $name', ({ tools }) => {
  it('tells what a real recording is', async () => {
    expect(await probeVideo(tools, samplePath('videos/car-detection.mp4'))).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      codec: 'h264',
      width: 768,
      height: 432,
      rotation: 0,
      startSeconds: 0,
      durationSeconds: 30.16,
      frameRate: 12.5,
      sizeBytes: 2_811_553,
      hasAudio: true,
      recordedAt: expect.toSatisfy(
        (value) => value === null || !Number.isNaN(Date.parse(String(value))),
      ) as string,
    })
  })

  it('tells the delayed start of a recording', async () => {
    const video = await probeVideo(tools, samplePath('videos/delayed_start_pts.mp4'))
    expect(video).toMatchObject({ startSeconds: 1.075, durationSeconds: 0.96 })
  })

  it('tells how long a Matroska is whose time begins late', async () => {
    const options = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-output_ts_offset', '100']
    const late = await makeVideo(join(await tempDir(), 'late.mkv'), { seconds: 6, options })
    const { startSeconds, durationSeconds } = await probeVideo(tools, late)
    expect(startSeconds).toBeGreaterThanOrEqual(100)
    expect(startSeconds).toBeLessThan(101)
    expect(durationSeconds).toBeCloseTo(6, 1)
  })

  it('tells the size as displayed of a turned video', async () => {
    const path = await makeVideo(join(await tempDir(), 'turned.mp4'), { size: '64x32', seconds: 1 })
    await turnClockwise(path, 32)
    expect(await probeVideo(tools, path)).toMatchObject({ width: 32, height: 64, rotation: 90 })
  })

  it('tells when the video was recorded', async () => {
    const options = ['-metadata', 'creation_time=2026-03-01T12:00:00Z']
    const path = await makeVideo(join(await tempDir(), 'dated.mp4'), { seconds: 1, options })
    expect((await probeVideo(tools, path)).recordedAt).toBe('2026-03-01T12:00:00.000Z')
  })

  it.each(['mkv', 'avi', 'ts', 'flv'])('tells the duration of %s', async (extension) => {
    const path = await makeVideo(join(await tempDir(), `video.${extension}`))
    const video = await probeVideo(tools, path)
    expect(Math.abs(video.durationSeconds - 4)).toBeLessThan(0.3)
  })

  it('refuses a bare stream, which has no time stamps', async () => {
    const path = await makeVideo(join(await tempDir(), 'bare.h264'))
    expect(await refusalOf(tools, path)).toMatchObject({ code: 'not_a_video' })
  })

  it('refuses an empty file', async () => {
    const path = join(await tempDir(), 'empty.mp4')
    await writeFile(path, '')
    expect(await refusalOf(tools, path)).toMatchObject({ code: 'empty_file' })
  })

  it('refuses what is no video: text, sound alone, a picture, a folder, a pipe', async () => {
    const folder = await tempDir()
    await writeFile(join(folder, 'text.mp4'), 'This is not a video.\n'.repeat(100))
    await ffmpeg(['-f', 'lavfi', '-i', 'sine=d=1', '-y', join(folder, 'sound.mp4')])
    await makeVideo(join(folder, 'picture.jpg'), { options: ['-frames:v', '1'] })
    await copyFile(join(folder, 'picture.jpg'), join(folder, 'picture.mp4'))
    execFileSync('mkfifo', [join(folder, 'pipe.mp4')])
    for (const name of ['text.mp4', 'sound.mp4', 'picture.mp4', '.', 'pipe.mp4'])
      expect(await refusalOf(tools, join(folder, name)), name).toMatchObject({ code: 'not_a_video' })
  })

  it('refuses damaged and missing footage as unreadable', async () => {
    const folder = await tempDir()
    const cut = await makeVideo(join(folder, 'cut.mp4'))
    // the index of this file is at its end
    await truncate(cut, 5000)
    expect(await refusalOf(tools, cut)).toMatchObject({ code: 'unreadable' })
    expect(await refusalOf(tools, join(folder, 'missing.mp4'))).toMatchObject({ code: 'unreadable' })
  })

  it('refuses pictures of 16,000 x 16,000', async () => {
    const path = join(await tempDir(), 'huge.avi')
    await hugePicture(path, true)
    expect(await refusalOf(tools, path)).toMatchObject({ code: 'limit_exceeded' })
  })

  it('decodes no picture of 16,000 x 16,000 where the header tells less', async () => {
    const path = join(await tempDir(), 'huge.avi')
    await hugePicture(path, false)
    const video = await probeVideo(tools, path).catch((error: unknown) => {
      expect(isEdgeError(error, 'media_unreadable')).toBe(true)
    })
    const shape = { width: 64, height: 64, pixelFormat: 'yuv420p' } as const
    const seen = video ?? (await probeVideo(tools, samplePath('videos/horses.mp4')))
    const { frames, summary } = sampleFrames(tools, path, { fps: 5, shape, video: seen })
    for await (const frame of frames) throw new Error(`a frame at ${frame.seconds}`)
    expect(await summary).toMatchObject({ frames: 0, complete: false })
  })

  it('refuses playlists under the name of a video, and so does the decoder', async () => {
    const folder = await tempDir()
    const secret = await makeVideo(join(folder, 'secret.ts'))
    const playlists = {
      'hls.mp4': `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:${secret}\n#EXT-X-ENDLIST\n`,
      'near.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nsecret.ts\n#EXT-X-ENDLIST\n',
      'concat.mp4': `ffconcat version 1.0\nfile '${secret}'\n`,
      'concat-near.mp4': 'ffconcat version 1.0\nfile secret.ts\n',
      'sdp.mp4': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n',
    }
    const video = await probeVideo(tools, secret)
    const shape = { width: 64, height: 64, pixelFormat: 'yuv420p' } as const
    for (const [name, text] of Object.entries(playlists)) {
      const path = join(folder, name)
      await writeFile(path, text)
      expect(await refusalOf(tools, path), name).toMatchObject({ code: 'not_a_video' })
      expect((await scanPackets(tools, path)).frames, name).toBe(0)
      const { frames, summary } = sampleFrames(tools, path, { fps: 5, shape, video })
      for await (const frame of frames) throw new Error(`${name} gave a frame at ${frame.seconds}`)
      expect(await summary, name).toMatchObject({ frames: 0, complete: false })
    }
  })

  it('throws the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(probeVideo(tools, samplePath('videos/horses.mp4'), { signal })).rejects.toThrow('enough')
  })
})

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cutThumbnail, probeVideo } from '../../../src/media/index.ts'
import { ffmpeg, makeVideo, mediaToolsets } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** The brightness of a picture, as 64 x 64 points. */
async function lumaOf(picture: string): Promise<Uint8Array> {
  const raw = `${picture}.gray`
  await ffmpeg([
    '-i',
    `file:${picture}`,
    '-vf',
    'scale=64:64',
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
    '-y',
    raw,
  ])
  return readFile(raw)
}

describe.each(await mediaToolsets())('cutThumbnail with the ffmpeg of $name', ({ tools }) => {
  it('writes a JPEG at most 640 wide', async () => {
    const output = join(await tempDir(), 'thumbnail.jpg')
    const source = samplePath('videos/traffic_camera.mp4')
    const { bytes } = await cutThumbnail(tools, {
      source,
      video: await probeVideo(tools, source),
      seconds: 20.04,
      output,
    })
    const jpeg = await readFile(output)
    expect(jpeg.length).toBe(bytes)
    expect(jpeg.subarray(0, 3).toString('hex')).toBe('ffd8ff')
    const frame = jpeg.indexOf('ffc0', 0, 'hex')
    expect([jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]).toEqual([640, 360])
  })

  it.each(['mp4', 'ts', 'avi'])('shows the frame of that time in %s', async (extension) => {
    const folder = await tempDir()
    // black, and white from 5 s on
    const picture = 'color=black:s=64x64:r=10:d=8,drawbox=w=64:h=64:color=white:t=fill:enable=gte(t\\,5)'
    const options = ['-c:v', 'mpeg4', '-g', '30', '-q:v', '2']
    const source = await makeVideo(join(folder, `source.${extension}`), { picture, options })
    const video = await probeVideo(tools, source)
    const { startSeconds } = video
    for (const [seconds, isWhite] of [
      [4.9, false],
      [5, true],
      [7.9, true],
      [0, false],
    ] as const) {
      const output = join(folder, 'thumbnail.jpg')
      await cutThumbnail(tools, { source, video, seconds: startSeconds + seconds, output })
      expect(((await lumaOf(output))[32 * 64 + 32] ?? 0) > 128, `${seconds} s`).toBe(isWhite)
    }
  })

  it('shows a frame that can only be decoded from the begin of the file', async () => {
    const source = samplePath('videos/cockatoo_yuv444.mp4')
    const folder = await tempDir()
    const output = join(folder, 'seeked.jpg')
    await cutThumbnail(tools, { source, video: await probeVideo(tools, source), seconds: 13.95, output })
    const whole = join(folder, 'whole.jpg')
    await ffmpeg([
      '-i',
      source,
      '-vf',
      'select=gte(t\\,13.94)',
      '-frames:v',
      '1',
      '-pix_fmt',
      'yuvj420p',
      whole,
    ])
    const [shown, right] = [await lumaOf(output), await lumaOf(whole)]
    const difference = shown.reduce((sum, value, at) => sum + Math.abs(value - (right[at] ?? 0)), 0)
    expect(difference / shown.length).toBeLessThan(4)
  })

  it('says when there is no such frame, and leaves nothing behind', async () => {
    const folder = await tempDir()
    const source = samplePath('videos/horses.mp4')
    const video = await probeVideo(tools, source)
    const request = { source, video, seconds: 99, output: join(folder, 'none.jpg') }
    await expect(cutThumbnail(tools, request)).rejects.toMatchObject({ code: 'ffmpeg_failed' })
    expect(await readdir(folder)).toEqual([])
  })
})

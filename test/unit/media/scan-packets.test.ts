import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scanPackets } from '../../../src/media/index.ts'
import { makeVideo, mediaToolsets } from '../../support/make-video.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe.each(await mediaToolsets())('scanPackets with the ffprobe of $name', ({ tools }) => {
  it('counts the frames that are there and not those of the header', async () => {
    const scan = await scanPackets(tools, samplePath('videos/tree_swaying.avi'))
    expect(scan).toMatchObject({ frames: 68, firstSeconds: 0, errors: [] })
    expect(scan.keyframeSeconds).toHaveLength(3)
    expect(scan.endSeconds).toBeCloseTo(29.6, 2)
  })

  it('tells the keyframes of one long group of pictures and of many', async () => {
    const long = await scanPackets(tools, samplePath('videos/pedestrians_h265_g100.mp4'))
    expect(long.keyframeSeconds).toEqual([0, 10, 20, 30])
    expect(long.largestKeyframeGapSeconds).toBeCloseTo(10, 6)
    const horses = await scanPackets(tools, samplePath('videos/horses.mp4'))
    expect(horses.keyframeSeconds).toEqual([0])
    expect(horses.largestKeyframeGapSeconds).toBeCloseTo(4.004, 3)
  })

  it('keeps the delayed start and takes DTS where a container has no PTS', async () => {
    const delayed = await scanPackets(tools, samplePath('videos/delayed_start_pts.mp4'))
    expect(delayed).toMatchObject({ frames: 24, firstSeconds: 1.075 })
    expect(delayed.endSeconds).toBeCloseTo(2.035, 6)
    expect(await scanPackets(tools, samplePath('videos/highway_320x240.avi'))).toMatchObject({ frames: 750 })
  })

  it('tells what a cut file still has, and that it is cut', async () => {
    const path = await makeVideo(join(await tempDir(), 'cut.mkv'))
    const whole = await scanPackets(tools, path)
    await truncate(path, 12_000)
    const cut = await scanPackets(tools, path)
    expect(cut.frames).toBeGreaterThan(0)
    expect(cut.frames).toBeLessThan(whole.frames)
    expect(cut.errors).not.toEqual([])
  })

  it('tells where the time jumps, not where the pauses are how the camera works', async () => {
    const folder = await tempDir()
    const recording = async (name: string, offset: number): Promise<Buffer> => {
      const options = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-output_ts_offset', String(offset)]
      return readFile(await makeVideo(join(folder, name), { seconds: 2, options }))
    }
    const [early, later, late] = [
      await recording('early.ts', 2),
      await recording('later.ts', 8),
      await recording('late.ts', 600),
    ]
    const jumpsOf = async (...parts: readonly Buffer[]): Promise<readonly string[]> => {
      await writeFile(join(folder, 'all.ts'), Buffer.concat(parts))
      return (await scanPackets(tools, join(folder, 'all.ts'))).jumps
    }
    expect(await jumpsOf(early, later)).toEqual([])
    expect(await jumpsOf(later, early)).toEqual([expect.stringMatching(/jump back from \d+\.\d{3} to/)])
    expect(await jumpsOf(early, late)).toEqual([expect.stringMatching(/no picture from \d+\.\d{3} to/)])
    const rare = join(folder, 'rare.mkv')
    await makeVideo(rare, { picture: 'testsrc=s=64x64:r=1/20:d=200', options: ['-c:v', 'ffv1'] })
    expect(await scanPackets(tools, rare)).toMatchObject({ frames: 10, jumps: [] })
  })

  it('gives zeros for a file without a frame', async () => {
    const scan = await scanPackets(tools, import.meta.filename)
    expect(scan).toMatchObject({ frames: 0, keyframeSeconds: [], endSeconds: 0 })
    expect(scan.errors).not.toEqual([])
  })
})

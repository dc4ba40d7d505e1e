import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Interval } from '../../../src/domain/index.ts'
import { cutClip, probeVideo, scanPackets } from '../../../src/media/index.ts'
import type { CutClip, MediaTools, VideoInfo } from '../../../src/media/index.ts'
import { decodedFrames, type DecodedFrame } from '../../../src/media/decoded-frames.ts'
import { ffmpeg, makeVideo, mediaToolsets } from '../../support/make-video.ts'
import { hardToCut, oddFootage } from '../../support/odd-footage.ts'
import { tempDir } from '../../support/temp-dir.ts'

const recipes = new Map([
  ...['stream.ts', 'matroska.mkv', 'old.avi', 'turned.mp4', 'odd-sides.mkv', 'uneven-rate.mp4'].map(recipeOf),
  ...['b-frames.mp4', 'edit-list.mp4', 'hevc.mp4', 'full-chroma.mp4', 'ten-bit.mp4'].map(recipeOf),
  ...['ten-bit-hevc.mkv', 'no-keyframes.ts', 'one-picture.mp4', 'tiny.mkv'].map(recipeOf),
  ...Object.entries(hardToCut),
])

function recipeOf(name: string): readonly [string, (path: string) => Promise<void>] {
  const recipe = oddFootage[name]
  if (recipe === undefined) throw new Error(`there is no footage ${name}`)
  return [name, recipe]
}

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'edge-clips-'))
  for (const [name, make] of recipes) await make(join(place, name))
}, 120_000)
afterAll(() => rm(place, { recursive: true, force: true }))

interface Cut {
  readonly clip: CutClip
  readonly asked: Interval
  readonly video: VideoInfo
  readonly got: readonly DecodedFrame[]
  /** The source’s frames from the told start to the told end. */
  readonly told: readonly DecodedFrame[]
  /** When the frame is shown in the source that is on the screen at the asked start. */
  readonly onScreenSeconds: number
}

async function cut(tools: MediaTools, name: string, mode: 'copy' | 'exact'): Promise<Cut> {
  const source = join(place, name)
  const video = await probeVideo(tools, source)
  const { keyframeSeconds } = await scanPackets(tools, source)
  const asked = {
    startSeconds: video.startSeconds + 0.37 * video.durationSeconds,
    endSeconds: video.startSeconds + 0.71 * video.durationSeconds,
  }
  const output = join(await tempDir(), 'clip.mp4')
  const clip = await cutClip(tools, { source, video, keyframeSeconds, asked, output, mode })
  const decoded = await decodedFrames(tools, clip.path)
  expect(decoded.errors).toEqual([])
  const { frames } = await decodedFrames(tools, source)
  const { startSeconds, endSeconds } = clip.actual
  return {
    ...{ clip, asked, video, got: decoded.frames },
    told: frames.filter(({ seconds }) => seconds >= startSeconds - 0.002 && seconds < endSeconds - 0.002),
    onScreenSeconds:
      frames.filter(({ seconds }) => seconds <= asked.startSeconds + 1e-5).at(-1)?.seconds ?? NaN,
  }
}

async function expectWhole({ clip, asked, video, got, told }: Cut, tools: MediaTools): Promise<void> {
  expect(clip.actual.startSeconds).toBeLessThanOrEqual(asked.startSeconds + 1e-5)
  expect(clip.actual.endSeconds).toBeGreaterThanOrEqual(asked.endSeconds - 1e-5)
  expect(got).toHaveLength(told.length)
  expect(told[0]?.seconds).toBeCloseTo(clip.actual.startSeconds, 2)
  got.forEach(({ seconds }, at) => {
    const inSource = (told[at]?.seconds ?? NaN) - (told[0]?.seconds ?? NaN)
    expect(Math.abs(seconds - (got[0]?.seconds ?? NaN) - inSource)).toBeLessThan(0.012)
  })
  expect((await probeVideo(tools, clip.path)).hasAudio).toBe(video.hasAudio)
  const bytes = await readFile(clip.path)
  if (clip.path.endsWith('.mp4')) expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
}

describe.each(await mediaToolsets())('a copied clip by the ffmpeg of $name', ({ name: build, tools }) => {
  // the old build sees the hardest
  it.each(Object.keys(build === 'system' ? Object.fromEntries(recipes) : hardToCut))(
    'of %s holds every picture of the told time, and no other',
    async (name) => {
      const made = await cut(tools, name, 'copy')
      await expectWhole(made, tools)
      expect(made.got.map(({ sum }) => sum)).toEqual(made.told.map(({ sum }) => sum))
      const { rotation, width, height } = await probeVideo(tools, made.clip.path)
      const { video } = made
      expect({ rotation, width, height }).toEqual({
        ...{ rotation: video.rotation, width: video.width, height: video.height },
      })
    },
  )
})

describe('an exact clip', () => {
  it.each([...recipes.keys()])(
    'of %s begins with the frame on the screen at the asked start',
    async (name) => {
      const [system] = await mediaToolsets()
      const tools = system?.tools as MediaTools
      const made = await cut(tools, name, 'exact')
      await expectWhole(made, tools)
      expect(made.clip.actual.startSeconds).toBeCloseTo(made.onScreenSeconds, 2)
      // a turned picture may be encoded upright: what counts is how it is shown
      const { width, height } = await probeVideo(tools, made.clip.path)
      expect(Math.abs(width - made.video.width) + Math.abs(height - made.video.height)).toBeLessThanOrEqual(2)
    },
  )
})

describe('what a camera says of itself and of its place', () => {
  it.each(['mp4', 'mov', 'mkv'])('is in no clip of a .%s, copied or exact', async (extension) => {
    const tags = {
      ...{ location: '+48.1371+011.5754/', comment: 'serial 4711-SECRET', title: 'Gate 7' },
      ...{ make: 'ACME-CAM', model: 'X-9000', artist: 'J. Doe', creation_time: '2026-03-01T12:00:00Z' },
      ...{ 'com.apple.quicktime.location.ISO6709': '+48.1371+011.5754/' },
    }
    const plain = await makeVideo(join(await tempDir(), `plain.${extension}`), {
      ...{ seconds: 6, audio: ['-c:a', 'aac'] },
      options: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p'],
    })
    const source = join(await tempDir(), `tagged.${extension}`)
    const chapters = join(await tempDir(), 'chapters.txt')
    await writeFile(chapters, ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=5\ntitle=Chapter-SECRET\n')
    await ffmpeg([
      ...['-i', plain, '-i', chapters, '-map', '0', '-map_chapters', '1', '-c', 'copy'],
      ...Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
      ...['-metadata:s:v', 'handler_name=ACME-CAM', '-metadata:s:a', 'title=Mic-SECRET'],
      ...(extension === 'mkv' ? [] : ['-movflags', 'use_metadata_tags']),
      source,
    ])
    const before = (await readFile(source)).toString('latin1')
    const secrets = ['48.1371', 'SECRET', 'Gate 7', 'ACME', 'X-9000', 'J. Doe', '2026-03-01', 'Lavf']
    for (const secret of ['48.1371', 'SECRET', 'ACME']) expect(before, secret).toContain(secret)
    for (const { tools } of await mediaToolsets())
      for (const mode of ['copy', 'exact'] as const) {
        const video = await probeVideo(tools, source)
        const { keyframeSeconds } = await scanPackets(tools, source)
        const output = join(await tempDir(), 'clip.mp4')
        const asked = { startSeconds: 2.35, endSeconds: 4.1 }
        await cutClip(tools, { source, video, keyframeSeconds, asked, output, mode })
        const text = (await readFile(output)).toString('latin1')
        for (const secret of secrets) expect(text.includes(secret), `${mode} ${secret}`).toBe(false)
        expect((await probeVideo(tools, output)).recordedAt).toBeNull()
      }
  })
})

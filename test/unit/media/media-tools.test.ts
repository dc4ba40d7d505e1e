import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { passEveryFrame } from '../../../src/media/command.ts'
import { locateMediaTools } from '../../../src/media/index.ts'
import { mediaToolsets } from '../../support/make-video.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** Runs `body` with another PATH. */
async function withPath<T>(path: string, body: () => Promise<T>): Promise<T> {
  const before = process.env['PATH']
  process.env['PATH'] = path
  try {
    return await body()
  } finally {
    process.env['PATH'] = before
  }
}

describe('locateMediaTools', () => {
  it('takes a setting before the PATH', async () => {
    const [, npm] = await mediaToolsets()
    expect(npm?.tools.ffmpeg).toMatchObject({ origin: 'setting' })
    expect(npm?.tools.ffmpeg.version).toMatch(/\(2018\)$/)
  })

  it('takes the npm packages where the PATH has none', async () => {
    const tools = await withPath(await tempDir(), () => locateMediaTools())
    expect(tools.ffmpeg.origin).toBe('package')
    expect(tools.ffprobe.origin).toBe('package')
  })

  it('passes over a program that does not run or is something else', async () => {
    const folder = await tempDir()
    for (const [name, body] of [
      ['ffmpeg', '#!/bin/sh\necho broken library >&2\nexit 127\n'],
      ['ffprobe', '#!/bin/sh\necho I am a teapot\n'],
    ] as const) {
      await writeFile(join(folder, name), body)
      await chmod(join(folder, name), 0o755)
    }
    const tools = await withPath(`relative:${folder}`, () => locateMediaTools({ ffmpeg: '/nowhere/ffmpeg' }))
    expect(tools.ffmpeg.origin).toBe('package')
    expect(tools.ffprobe.origin).toBe('package')
  })

  it('finds each tool on its own', async () => {
    const { ffmpeg } = await locateMediaTools({ ffmpeg: '' })
    expect(ffmpeg.path).toMatch(/^\//)
    expect(ffmpeg.version).not.toBe('')
  })
})

describe('the frame sync option', () => {
  it.each([
    ['5.1.9-0+deb12u1', '-fps_mode'],
    ['7.0.2', '-fps_mode'],
    ['n6.0', '-fps_mode'],
    ['5.0.1', '-vsync'],
    ['4.4.6', '-vsync'],
    ['N-47683-g0e8eb07980-static (2018)', '-vsync'],
    ['N-112233-gabcdef (2024)', '-fps_mode'],
  ])('of version %s is %s', (version, option) => {
    expect(passEveryFrame(version)[0]).toBe(option)
  })
})

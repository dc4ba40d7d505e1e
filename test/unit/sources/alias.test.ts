import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLocalDirectorySource, parseAllowList } from '../../../src/sources/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const asked = (path: string, readWrite = false) => ({ type: 'localDirectory', path, readWrite }) as const

async function sourceOf(entries: (place: string) => readonly string[]) {
  const place = await tempDir()
  await mkdir(join(place, 'cam3', 'monday'), { recursive: true })
  await mkdir(join(place, 'secret'))
  await writeFile(join(place, 'cam3', 'monday', 'a.mp4'), 'a')
  await writeFile(join(place, 'secret', 's.mp4'), 's')
  return {
    place,
    source: createLocalDirectorySource({ allowList: parseAllowList(entries(place)), denied: [] }),
  }
}

describe('a folder with another name for jobs', () => {
  it('is found by that name and below it', async () => {
    const { place, source } = await sourceOf((at) => [`/videos=${at}/cam3`])
    const prepare = (path: string) => source.prepare({ source: asked(path), target: '/v', scratchDir: place })
    expect(await source.inspect(asked('/videos'))).toEqual({ ok: true, files: 1, bytes: 1 })
    expect(await prepare('/videos/monday/')).toMatchObject({
      hostPath: join(place, 'cam3', 'monday'),
      readOnly: true,
    })
    expect(await prepare('/videos/monday/a.mp4')).toMatchObject({
      hostPath: join(place, 'cam3', 'monday', 'a.mp4'),
    })
  })

  it('opens nothing else', async () => {
    const { place, source } = await sourceOf((at) => [`/videos=${at}/cam3`])
    await symlink(join(place, 'secret'), join(place, 'cam3', 'link'))
    for (const path of ['/videos/../secret', '/videos2', '/videos/link', `${place}/secret`, '/']) {
      expect(await source.inspect(asked(path)), path).toMatchObject({
        ok: false,
        reason: { code: 'path_not_allowed' },
      })
    }
    expect(await source.inspect(asked('/videos/monday', true))).toMatchObject({ ok: false })
  })

  it('keeps its suffix, and the longest name decides', async () => {
    const { place, source } = await sourceOf((at) => [`/v=${at}/secret`, `/v/cam=${at}/cam3:rw`])
    const prepared = await source.prepare({ source: asked('/v/cam', true), target: '/v', scratchDir: place })
    expect(prepared).toEqual({ hostPath: await realpath(join(place, 'cam3')), target: '/v', readOnly: false })
  })

  it.each(['/videos=/a/*', '/v*=/a', 'videos=/a', '/videos=/a/../b'])('is refused as %s', (entry) => {
    expect(() => parseAllowList([entry])).toThrow(entry)
  })
})

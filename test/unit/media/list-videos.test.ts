import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isEdgeError } from '../../../src/domain/index.ts'
import { listVideos } from '../../../src/media/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('listVideos', () => {
  it('lists videos in byte order with their sizes, and says why the rest is not', async () => {
    const root = await tempDir()
    await mkdir(join(root, 'b'))
    for (const name of ['b/x.MP4', 'B.mkv', 'a.mp4', 'é.avi', 'notes.txt', '._a.mp4', "-i %d '.ts"])
      await writeFile(join(root, name), name)
    await symlink('/etc', join(root, 'link'))
    await symlink(join(root, 'a.mp4'), join(root, 'link.mp4'))
    execFileSync('mkfifo', [join(root, 'pipe.mp4')])
    const { videos, skipped } = await listVideos(root)
    expect(videos.map((video) => video.relative)).toEqual([
      "-i %d '.ts",
      'B.mkv',
      'a.mp4',
      'b/x.MP4',
      'é.avi',
    ])
    expect(videos[2]).toEqual({ path: join(root, 'a.mp4'), relative: 'a.mp4', bytes: 5 })
    expect(skipped).toEqual([
      '._a.mp4: a companion file of macOS',
      'link.mp4: a link, not followed',
      'link: a link, not followed',
      'notes.txt: not a video by its extension',
      'pipe.mp4: no regular file',
    ])
  })

  it('lists a file itself, whatever its name', async () => {
    const path = join(await tempDir(), 'footage')
    await writeFile(path, 'x')
    expect(await listVideos(path)).toEqual({ videos: [{ path, relative: 'footage', bytes: 1 }], skipped: [] })
  })

  it('passes over a name that is not UTF-8', async () => {
    const root = await tempDir()
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff]), Buffer.from('.mp4')]), 'x')
    const { videos, skipped } = await listVideos(root)
    expect(videos).toEqual([])
    expect(skipped[0]).toContain('not UTF-8')
  })

  it('throws path_missing for what does not exist', async () => {
    const error: unknown = await listVideos('/no/such/folder').catch((thrown: unknown) => thrown)
    expect(isEdgeError(error, 'path_missing')).toBe(true)
  })
})

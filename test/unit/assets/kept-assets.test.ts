import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  assetManifest,
  assetNames,
  findAsset,
  keepAsset,
  pullAsset,
  removeAsset,
  unpinnedModels,
  unpinnedUrl,
} from '../../../src/assets/index.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const model = samplePath('models/yolov5n.pt')
const mirror = resolve(model, '..', '..')

describe('a pulled asset', () => {
  it('is copied from a mirror once, stays without it, and can be removed', async () => {
    const cacheDir = await tempDir()
    const places = { mirrors: [mirror], cacheDir }
    expect(await findAsset('yolov5n', places)).toEqual({ path: model, from: 'mirror' })
    const pulled = await pullAsset('yolov5n', places)
    expect(pulled).toMatchObject({ path: join(cacheDir, 'models/yolov5n.pt'), from: 'mirror' })
    expect((await readFile(pulled.path)).equals(await readFile(model))).toBe(true)
    expect(await pullAsset('yolov5n', { mirrors: [], cacheDir })).toMatchObject({ from: 'cache' })
    expect(await removeAsset('yolov5n', { cacheDir })).toBe(true)
    expect(await removeAsset('yolov5n', { cacheDir })).toBe(false)
    expect(await findAsset('yolov5n', { mirrors: [], cacheDir })).toBeUndefined()
  })

  it('is never another file', async () => {
    const cacheDir = await tempDir()
    const other = join(cacheDir, 'yolov5n.pt')
    await writeFile(other, Buffer.alloc(assetManifest.yolov5n.bytes))
    await expect(keepAsset('yolov5n', other, { cacheDir })).rejects.toMatchObject({ code: 'asset_corrupt' })
    await mkdir(join(cacheDir, 'models'), { recursive: true })
    await writeFile(join(cacheDir, 'models/yolov5n.pt'), 'not it')
    expect(await findAsset('yolov5n', { mirrors: [], cacheDir })).toBeUndefined()
  })
})

describe('the official models', () => {
  it('are pinned, or known by name and never downloaded', () => {
    const names = ['n', 's', 'm', 'l', 'x', 'n6', 's6', 'm6', 'l6', 'x6'].map((size) => `yolov5${size}`)
    const pinned: readonly string[] = assetNames('model')
    expect(names.filter((name) => !pinned.includes(name))).toEqual(unpinnedModels)
    for (const name of unpinnedModels) expect(unpinnedUrl(name)).toMatch(new RegExp(`/v7\\.0/${name}\\.pt$`))
    expect(unpinnedUrl('yolov5n')).toBeUndefined()
    for (const name of assetNames('model')) {
      expect(assetManifest[name]).toMatchObject({
        licence: 'AGPL-3.0',
        file: expect.stringMatching(/^models\//) as string,
      })
      expect(assetManifest[name].sha256).toMatch(/^[0-9a-f]{64}$/)
    }
  })
})

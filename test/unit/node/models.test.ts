import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Settings } from '../../../src/config/index.ts'
import { loadSettings } from '../../../src/config/index.ts'
import { importModel } from '../../../src/node/model-library.ts'
import { modelResolver, resolveModel } from '../../../src/node/models.ts'
import { onnxBytes } from '../../support/onnx-bytes.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

const official = samplePath('models/yolov5n.pt')

async function machine(): Promise<Settings> {
  const flags = { dataDir: join(await tempDir(), 'data'), assetsMirror: [resolve(official, '..', '..')] }
  return loadSettings(flags, {}).values
}

describe('a model that is imported', () => {
  it('was run by ONNX Runtime: an outline that fits is not enough', async () => {
    const settings = await machine()
    const file = join(await tempDir(), 'outline.onnx')
    // announces boxes, and gives its input
    await writeFile(file, onnxBytes())
    await expect(importModel(settings, { file, force: false })).rejects.toMatchObject({
      code: 'model_invalid',
    })
    await expect(readdir(settings.dataDir)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('a model that is named', () => {
  it('by a job is an official one, one that was imported on the node, or an allow-listed path', async () => {
    const settings = await machine()
    const { path } = await importModel(settings, { file: official, name: 'gate', force: false })
    const asked: string[] = []
    const find = modelResolver(
      settings,
      (wanted) => {
        asked.push(wanted)
        return Promise.resolve(`/real${wanted}`)
      },
      new QuietLog(),
    )
    const rangesDir = join(settings.dataDir, 'quantised')
    expect(await find('yolov5n')).toEqual({ name: 'yolov5n', path: official, rangesDir })
    expect(await find('gate')).toEqual({ name: 'gate', path, rangesDir })
    expect(asked).toEqual([])
    expect(await find('/models/gate')).toEqual({ name: 'gate', path: '/real/models/gate', rangesDir })
    for (const name of ['gait', '../gate', 'models/gate', ''])
      await expect(find(name)).rejects.toMatchObject({
        code: 'model_invalid',
        hint: expect.stringContaining('yolov5n, yolov5s, yolov5m, yolov5l, yolov5n-onnx, gate.') as string,
      })
    await expect(find('yolov5s6')).rejects.toMatchObject({
      code: 'model_invalid',
      hint: expect.stringContaining('edge model import yolov5s6.pt') as string,
    })
  })

  it('by a person may be a file as well', async () => {
    const settings = await machine()
    const file = join(await tempDir(), 'best.pt')
    await copyFile(official, file)
    expect(await resolveModel(settings, file)).toEqual({
      ...{ name: 'best.pt', path: file },
      rangesDir: join(settings.dataDir, 'quantised'),
    })
    await expect(resolveModel(settings, 'best')).rejects.toMatchObject({ code: 'model_invalid' })
  })
})

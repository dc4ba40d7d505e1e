import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCheckpoint } from '../../../../src/inference/checkpoint/index.ts'
import { openModel } from '../../../../src/inference/model/index.ts'
import { pickled } from '../../../support/pickle-bytes.ts'
import type { Pickled } from '../../../support/pickle-bytes.ts'
import { largestDifference, runTranslated } from '../../../support/run-translated.ts'
import { p6, v5, v6, whole } from '../../../support/small-yolo.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { checkpointBytes } from '../../../support/torch-model.ts'
import type { ModelInit, Module } from '../../../support/torch-model.ts'

const wide = { width: 64, height: 32 }

async function fileOf(layers: readonly Module[], init?: ModelInit): Promise<string> {
  const path = join(await tempDir(), 'model.pt')
  await writeFile(path, checkpointBytes(layers, init))
  return path
}

describe('a checkpoint of any version', () => {
  it.each(
    (['Conv', 'Focus'] as const).flatMap((first) =>
      (['SiLU', 'Hardswish', 'LeakyReLU'] as const).flatMap((act) =>
        [false, true].map((isFused) => [first, act, isFused] as const),
      ),
    ),
  )('computes what torch computes: %s first, %s, fused %s', async (first, act, isFused) => {
    const layers = whole(first, { act, isFused })
    const type = first === 'Focus' ? 'models.yolo.Model' : 'models.yolo.DetectionModel'
    const found = await runTranslated(checkpointBytes(layers, { type }), wide)
    expect(largestDifference(found, layers, wide)).toBeLessThan(2e-4)
  })

  it.each(['Half', 'BFloat16', 'Double'] as const)('reads weights of type %s', async (elementType) => {
    const tolerance = { Half: 0.05, BFloat16: 0.5, Double: 2e-4 }[elementType]
    expect(
      largestDifference(await runTranslated(checkpointBytes(v6(), { elementType }), wide), v6(), wide),
    ).toBeLessThan(tolerance)
  })

  it('is read in half precision too when it is fused', async () => {
    const layers = whole('Focus', { isFused: true })
    const found = await runTranslated(checkpointBytes(layers, { elementType: 'Half' }), wide)
    expect(largestDifference(found, layers, wide)).toBeLessThan(0.05)
  })

  it('that keeps the bound method of Model.fuse() is read', () => {
    const bound = (method: string): Pickled =>
      pickled.call(
        '__builtin__',
        'getattr',
        pickled.object('models.yolo.DetectionModel', {}),
        pickled.text(method),
      )
    for (const method of ['fuseforward', 'forward_fuse']) {
      const wrap = (model: Pickled): Pickled => pickled.fields({ model, forward: bound(method) })
      expect(readCheckpoint(checkpointBytes(v5(), { wrap })).stride).toBe(16)
    }
    const wrap = (model: Pickled): Pickled => pickled.fields({ model, forward: bound('system') })
    expect(() => readCheckpoint(checkpointBytes(v5(), { wrap }))).toThrow(/in a way that torch\.save never/)
  })

  it('counts its parameters as torch does, buffers left aside', () => {
    const expected = (module: Module): number => {
      // running_mean and running_var of a BatchNorm2d, anchors and stride of a Detect are buffers
      const own = ['weight', 'bias'].map((name) => module.tensors[name]?.data.length ?? 0)
      return [...own, ...Object.values(module.parts).map(expected)].reduce((sum, count) => sum + count, 0)
    }
    const layers = v6()
    const wanted = layers.map(expected).reduce((sum, count) => sum + count, 0)
    expect(readCheckpoint(checkpointBytes(layers)).parameters).toBe(wanted)
  })
})

describe('a P6 checkpoint', () => {
  it.each([1, 3])('with %d classes computes what torch computes on four levels', async (classes) => {
    const size = { width: 128, height: 64 }
    const layers = p6(classes)
    const found = await runTranslated(checkpointBytes(layers), size)
    expect(found.map(({ length }) => length / (3 * (5 + classes)))).toEqual([128, 32, 8, 2])
    expect(largestDifference(found, layers, size)).toBeLessThan(2e-4)
  })

  it('has stride 64 and takes frames of 1280 pixels unless another size is asked for', async () => {
    const path = await fileOf(p6(1))
    const footage = { width: 1920, height: 1080 }
    const usual = await openModel(path)
    expect(usual).toMatchObject({ kind: 'checkpoint', stride: 64 })
    expect(usual.shapeFor(footage)).toEqual({ width: 1280, height: 768, pixelFormat: 'yuv420p' })
    const small = await openModel(path, { imageSize: 640 })
    const shape = small.shapeFor(footage)
    expect(shape).toMatchObject({ width: 640, height: 384 })
    expect(small.graphFor(shape).description.output).toMatchObject({
      levels: [8, 16, 32, 64].map((stride) => ({ stride, rows: 384 / stride, columns: 640 / stride })),
    })
    expect(small.reading).not.toBe(usual.reading)
    await expect(openModel(path, { imageSize: 672 })).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('stride, 64') as string,
    })
  })
})

describe('the image size of a checkpoint', () => {
  it.each([
    [16, 16],
    [80, 48],
    [32, 160],
    [208, 112],
  ])('may be any multiple of the stride: %dx%d', async (width, height) => {
    const found = await runTranslated(checkpointBytes(v6()), { width, height })
    expect(largestDifference(found, v6(), { width, height })).toBeLessThan(2e-4)
  })

  it('that is left out reads as before, and 640 is the same as none', async () => {
    const path = await fileOf(v6())
    const readings = await Promise.all(
      [undefined, 640, 320].map(async (imageSize) => (await openModel(path, { imageSize })).reading),
    )
    expect(readings).toEqual(['checkpoint 1', 'checkpoint 1', 'checkpoint 1 at 320'])
  })

  it('may be too large for the memory that a graph may take', async () => {
    const layers = whole('Conv', {})
    const model = await openModel(await fileOf(layers), { imageSize: 20_000 })
    const graph = (): unknown => model.graphFor(model.shapeFor({ width: 16, height: 16 }))
    expect(graph).toThrow(/too large/)
  })
})

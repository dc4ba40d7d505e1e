import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  importedFile,
  importedModel,
  importedModels,
  isUsableName,
  keepModel,
  removeModel,
} from '../../../src/node/model-store.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function place(content: string) {
  const root = await tempDir()
  const source = join(root, 'best.pt')
  await writeFile(source, content)
  return { folder: join(root, 'models'), source, about: about(content) }
}

const about = (content: string) => ({
  name: 'gate',
  kind: 'checkpoint' as const,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  classes: ['cat'],
  stride: 32,
  parameters: 7,
  importedFrom: '/somewhere/best.pt',
})

describe('the store of imported models', () => {
  it('keeps a file under its name, and gives it back by name', async () => {
    const { folder, source, about: model } = await place('weights')
    const kept = await keepModel(folder, source, { ...model, replace: false })
    expect(kept.file).toBe(`gate.${model.sha256.slice(0, 16)}.pt`)
    expect(await importedModel(folder, 'gate')).toEqual(kept)
    expect(await importedModels(folder)).toEqual([kept])
    expect(await readFile(await importedFile(folder, kept), 'utf8')).toBe('weights')
  })

  it('is empty where nothing was imported, and knows no name that is a path', async () => {
    const folder = join(await tempDir(), 'models')
    expect(await importedModels(folder)).toEqual([])
    for (const name of ['gate', '../gate', '/etc/passwd', '']) {
      expect(await importedModel(folder, name)).toBeUndefined()
    }
  })

  it('refuses a taken name, of two at the same time as well', async () => {
    const { folder, source, about: model } = await place('weights')
    const twice = await Promise.allSettled(
      [1, 2].map(() => keepModel(folder, source, { ...model, replace: false })),
    )
    const refused = twice.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({ reason: { code: 'output_exists' } })
    await expect(keepModel(folder, source, { ...model, replace: false })).rejects.toMatchObject({
      code: 'output_exists',
    })
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('leaves nothing of the slower of two different files that want one name', async () => {
    const { folder, source, about: model } = await place('weights')
    const other = `${source}.other`
    await writeFile(other, 'other weights')
    const twice = await Promise.allSettled([
      keepModel(folder, source, { ...model, replace: false }),
      keepModel(folder, other, { ...about('other weights'), replace: false }),
    ])
    expect(twice.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const [kept] = await importedModels(folder)
    expect((await readdir(folder)).sort()).toEqual([kept?.file, 'gate.json'].sort())
  })

  it('replaces the file of a name on demand, and leaves nothing of the earlier one', async () => {
    const { folder, source, about: model } = await place('weights')
    await keepModel(folder, source, { ...model, replace: false })
    await writeFile(source, 'better weights')
    const kept = await keepModel(folder, source, { ...about('better weights'), replace: true })
    expect((await readdir(folder)).sort()).toEqual([kept.file, 'gate.json'].sort())
    expect(await readFile(await importedFile(folder, kept), 'utf8')).toBe('better weights')
  })

  it('keeps nothing of a file that is not the one that was examined', async () => {
    const { folder, source, about: model } = await place('weights')
    await writeFile(source, 'other weights')
    await expect(keepModel(folder, source, { ...model, replace: false })).rejects.toMatchObject({
      code: 'model_invalid',
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('says when a file is gone or is another, and when a record is none', async () => {
    const { folder, source, about: model } = await place('weights')
    const kept = await keepModel(folder, source, { ...model, replace: false })
    await writeFile(join(folder, kept.file), 'tampered')
    await expect(importedFile(folder, kept)).rejects.toMatchObject({
      code: 'asset_corrupt',
      message: expect.stringContaining('another content') as string,
    })
    await removeModel(folder, kept)
    expect(await readdir(folder)).toEqual([])
    await expect(importedFile(folder, kept)).rejects.toMatchObject({
      code: 'asset_corrupt',
      message: expect.stringContaining('missing') as string,
    })
    await mkdir(folder, { recursive: true })
    for (const text of ['{', '{}', JSON.stringify({ ...kept, file: '../../etc/passwd' })]) {
      await writeFile(join(folder, 'gate.json'), text)
      await expect(importedModel(folder, 'gate')).rejects.toMatchObject({ code: 'asset_corrupt' })
    }
  })
})

describe('a name', () => {
  it.each(['gate', 'yolov5x', 'gate-2.night_v1', 'A1', 'a'.repeat(63)])('may be %j', (name) => {
    expect(isUsableName(name)).toBe(true)
  })
  it.each(['', '.', '..', '-rf', 'a/b', 'a b', 'best.pt', 'best.ONNX', 'x.json', 'ä', 'a'.repeat(64), 'a\n'])(
    'may not be %j',
    (name) => {
      expect(isUsableName(name)).toBe(false)
    },
  )
})

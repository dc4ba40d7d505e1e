import { appendFile, cp, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContentIndex, indexFolder } from '../../../src/content/index.ts'
import { noise, writeTree } from '../../support/folder-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const files = {
  stdout: 'hello\n',
  'outputs/clip.mp4': noise(600_000),
  'outputs/copy.mp4': noise(600_000),
  'outputs/none': '',
}

describe('indexFolder', () => {
  it('knows every block once, and each reads as what its CID says', async () => {
    const index = await indexFolder(await writeTree(join(await tempDir(), 'r'), files))
    const cids = [...index.cids()]
    // Root, outputs, the clip’s node, its three leaves (equal in both copies), stdout, the empty file.
    expect(new Set(cids).size).toBe(8)
    expect(cids).toHaveLength(8)
    for (const cid of cids) expect(await index.read(cid)).toBeInstanceOf(Uint8Array)
    expect(index).toMatchObject({ bytes: 1_200_006, files: 4 })
    expect(await index.read('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')).toHaveLength(0)
    expect(await index.read('bafkqaaa')).toBeUndefined()
  })

  it('is the same after a way over the disk, also when folder and index move together', async () => {
    const base = await tempDir()
    const index = await indexFolder(await writeTree(join(base, 'node', 'r'), files))
    await index.save(join(base, 'node', 'r.index'))
    await cp(join(base, 'node'), join(base, 'moved'), { recursive: true })
    await rm(join(base, 'node'), { recursive: true })
    const loaded = await ContentIndex.load(join(base, 'moved', 'r.index'))
    expect(loaded).toMatchObject({ root: index.root, bytes: index.bytes, files: index.files })
    expect([...loaded!.cids()].sort()).toEqual([...index.cids()].sort())
    for (const cid of loaded!.cids()) expect(loaded!.has(cid) && (await loaded!.read(cid))).toBeTruthy()
  })

  it('gives nothing for an index that was never saved, and store_corrupt for one that is cut', async () => {
    const base = await tempDir()
    expect(await ContentIndex.load(join(base, 'r.index'))).toBeUndefined()
    const index = await indexFolder(await writeTree(join(base, 'r'), files))
    await index.save(join(base, 'r.index'))
    await truncate(join(base, 'r.index'), 100)
    await expect(ContentIndex.load(join(base, 'r.index'))).rejects.toMatchObject({ code: 'store_corrupt' })
    await writeFile(join(base, 'r.index'), JSON.stringify({ format: 'other' }))
    await expect(ContentIndex.load(join(base, 'r.index'))).rejects.toMatchObject({ code: 'store_corrupt' })
  })

  it('serves no block out of a file that was changed', async () => {
    const folder = await writeTree(join(await tempDir(), 'r'), { clip: noise(600_000) })
    const index = await indexFolder(folder)
    const content = await readFile(join(folder, 'clip'))
    content[300_000] = content[300_000]! ^ 1
    await writeFile(join(folder, 'clip'), content)
    const answers = await Promise.allSettled([...index.cids()].map((cid) => index.read(cid)))
    const failures = answers.filter((answer) => answer.status === 'rejected')
    expect(failures).toHaveLength(1)
    expect(failures[0]?.reason).toMatchObject({ code: 'block_corrupt' })
  })

  it('serves no block through a symlink that took the place of a file', async () => {
    const base = await tempDir()
    const folder = await writeTree(join(base, 'r'), { clip: 'footage' })
    const index = await indexFolder(folder)
    const leaf = [...index.cids()].find((cid) => cid !== index.root)!
    await rename(join(folder, 'clip'), join(base, 'elsewhere'))
    await symlink(join(base, 'elsewhere'), join(folder, 'clip'))
    await expect(index.read(leaf)).rejects.toMatchObject({ code: 'block_missing' })
    await unlink(join(folder, 'clip'))
    await expect(index.read(leaf)).rejects.toMatchObject({ code: 'block_missing' })
    await appendFile(join(folder, 'clip'), 'short')
    await expect(index.read(leaf)).rejects.toMatchObject({ code: 'block_corrupt' })
  })

  it('refuses a folder that is a symlink, or a file', async () => {
    const base = await tempDir()
    await symlink(await writeTree(join(base, 'r'), files), join(base, 'link'))
    await expect(indexFolder(join(base, 'link'))).rejects.toMatchObject({ code: 'result_refused' })
    await expect(indexFolder(join(base, 'r', 'stdout'))).rejects.toMatchObject({ code: 'result_refused' })
  })

  it.each([
    ['too many entries', { maxEntries: 4 }],
    ['too deep a folder', { maxDepth: 0 }],
    ['too many bytes', { maxBytes: 1_200_005 }],
  ])('refuses %s, and takes exactly the limit', async (_what, limit) => {
    const folder = await writeTree(join(await tempDir(), 'r'), files)
    const exact = { maxEntries: 5, maxDepth: 1, maxBytes: 1_200_006 }
    expect(await indexFolder(folder, { limits: exact })).toMatchObject({ files: 4 })
    const refused = indexFolder(folder, { limits: { ...exact, ...limit } })
    await expect(refused).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('refuses a sparse file by its apparent size, without reading it', async () => {
    const folder = await writeTree(join(await tempDir(), 'r'), { huge: '' })
    await truncate(join(folder, 'huge'), 2 ** 40 + 1)
    await expect(indexFolder(folder)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it.each([
    ['a backslash', 'a\\b'],
    ['a line break', 'a\nb'],
    ['the form of an unfinished download', '.edge-0123456789abcdef.part'],
  ])('refuses a name with %s, which nobody could download', async (_what, name) => {
    const folder = await writeTree(join(await tempDir(), 'r'), { [name]: '' })
    await expect(indexFolder(folder)).rejects.toMatchObject({ code: 'output_unsafe' })
  })

  it('refuses names that are one name on other file systems', async () => {
    const byCase = await writeTree(join(await tempDir(), 'r'), { 'Gate.mp4': '1', 'gate.mp4': '2' })
    await expect(indexFolder(byCase)).rejects.toMatchObject({ code: 'output_unsafe' })
    const byForm = await writeTree(join(await tempDir(), 'r'), { '\u00e9': '1', 'e\u0301': '2' })
    await expect(indexFolder(byForm)).rejects.toMatchObject({ code: 'output_unsafe' })
  })
})

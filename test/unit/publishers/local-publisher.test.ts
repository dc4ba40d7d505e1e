import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { indexFolder } from '../../../src/content/index.ts'
import type { ExecutionId } from '../../../src/domain/index.ts'
import { createLocalPublisher } from '../../../src/publishers/index.ts'
import { noise, writeTree } from '../../support/folder-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const id = (digit: number): ExecutionId =>
  `e-0000000${digit.toString(16).slice(-1)}-0000-4000-8000-${digit.toString(16).padStart(12, '0')}` as ExecutionId

describe('the local publisher', () => {
  it('serves what it published after a restart, and more results than it holds open', async () => {
    const base = await tempDir()
    const directory = join(base, 'published')
    const roots: string[] = []
    const before = createLocalPublisher({ directory })
    for (let i = 0; i < 20; i++) {
      const folder = await writeTree(join(base, 'results', String(i)), { stdout: `result ${i}` })
      roots.push((await before.publish(id(i), folder)).cid)
    }
    const after = createLocalPublisher({ directory })
    for (const publisher of [before, after, after]) {
      for (const [i, root] of roots.entries()) expect(await publisher.block(id(i), root)).toBeDefined()
    }
  })

  it('keeps one index a result and no copy of the content', async () => {
    const base = await tempDir()
    const directory = join(base, 'published')
    const folder = await writeTree(join(base, 'r'), { clip: noise(1_000_000) })
    const publisher = createLocalPublisher({ directory })
    await publisher.publish(id(1), folder)
    expect(await readdir(directory)).toEqual([`${id(1)}.index`])
    await publisher.remove(id(1))
    expect(await readdir(directory)).toEqual([])
    expect(await readdir(folder)).toEqual(['clip'])
  })

  it('says that a block is corrupt or missing when its file was changed or removed', async () => {
    const base = await tempDir()
    const folder = await writeTree(join(base, 'r'), { stdout: 'true' })
    const publisher = createLocalPublisher({ directory: join(base, 'published') })
    const { cid } = await publisher.publish(id(1), folder)
    const leaf = [...(await indexFolder(folder)).cids()].find((other) => other !== cid)!
    await writeFile(join(folder, 'stdout'), 'lies')
    await expect(publisher.block(id(1), leaf)).rejects.toMatchObject({ code: 'block_corrupt' })
    await rm(join(folder, 'stdout'))
    await expect(publisher.block(id(1), leaf)).rejects.toMatchObject({ code: 'block_missing' })
  })
})

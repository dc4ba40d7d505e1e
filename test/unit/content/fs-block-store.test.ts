import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FsBlockStore } from '../../../src/content/index.ts'
import { DagBlocks } from '../../support/dag-blocks.ts'
import { tempDir } from '../../support/temp-dir.ts'

const leaf = new DagBlocks().raw('a leaf').toString()
const place = [leaf.slice(-3, -1), leaf] as const

describe('FsBlockStore', () => {
  it('keeps blocks over a restart, as files of their bytes', async () => {
    const directory = join(await tempDir(), 'blocks')
    await new FsBlockStore(directory).put(leaf, Buffer.from('a leaf'))
    expect(Buffer.from(await new FsBlockStore(directory).get(leaf)).toString()).toBe('a leaf')
    expect(await readFile(join(directory, ...place), 'utf8')).toBe('a leaf')
  })

  it('throws a damaged block away, and takes it again', async () => {
    const directory = join(await tempDir(), 'blocks')
    const store = new FsBlockStore(directory)
    await store.put(leaf, Buffer.from('a leaf'))
    await writeFile(join(directory, ...place), 'a loaf')
    await expect(store.get(leaf)).rejects.toMatchObject({ code: 'block_corrupt' })
    expect(await store.has(leaf)).toBe(false)
    await store.put(leaf, Buffer.from('a leaf'))
    await writeFile(join(directory, ...place), 'a lea')
    await store.put(leaf, Buffer.from('a leaf'))
    expect(Buffer.from(await store.get(leaf)).toString()).toBe('a leaf')
  })

  it('removes what a crash left half written, and leaves nothing half written itself', async () => {
    const directory = join(await tempDir(), 'blocks')
    await mkdir(join(directory, 'scratch'), { recursive: true })
    await writeFile(join(directory, 'scratch', '.tmp-0123'), 'half')
    await new FsBlockStore(directory).put(leaf, Buffer.from('a leaf'))
    expect(await readdir(join(directory, 'scratch'))).toEqual([])
  })

  it('fails with the disk’s own error where it cannot write, and works again when it can', async () => {
    const base = await tempDir()
    await writeFile(join(base, 'blocks'), 'a file is in the way')
    const store = new FsBlockStore(join(base, 'blocks', 'below'))
    await expect(store.put(leaf, Buffer.from('a leaf'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    await rm(join(base, 'blocks'))
    await store.put(leaf, Buffer.from('a leaf'))
    expect(await store.has(leaf)).toBe(true)
  })
})

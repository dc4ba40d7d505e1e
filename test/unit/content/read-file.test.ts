import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { indexFolder, MemoryBlockStore } from '../../../src/content/index.ts'
import { readFile } from '../../../src/content/read-file.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('reading a file of a folder in a block store', () => {
  it('gives its bytes in order, nothing for a file that is not there, and block_missing for a hole', async () => {
    const directory = await tempDir()
    await mkdir(join(directory, 'outputs'))
    // More leaves than one node has links, so that there are nodes between root and leaves.
    const bytes = randomBytes(180 * 262_144 + 5)
    await writeFile(join(directory, 'outputs', 'large'), bytes)
    await writeFile(join(directory, 'small'), 'small')
    const index = await indexFolder(directory)
    const store = new MemoryBlockStore()
    for (const cid of index.cids()) await store.put(cid, (await index.read(cid))!)
    const read = async (path: string, from: Pick<MemoryBlockStore, 'get'> = store): Promise<Buffer> => {
      const chunks: Uint8Array[] = []
      for await (const chunk of readFile({ root: index.root, path, store: from })) chunks.push(chunk)
      return Buffer.concat(chunks)
    }
    expect((await read('outputs/large')).equals(bytes)).toBe(true)
    expect((await read('small')).toString()).toBe('small')
    expect(await read('large')).toHaveLength(0)
    await expect(read('small', new MemoryBlockStore())).rejects.toMatchObject({ code: 'block_missing' })
  })
})

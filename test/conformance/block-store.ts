import { describe, expect, it } from 'vitest'
import type { BlockStore } from '../../src/ports/index.ts'
import { DagBlocks } from '../support/dag-blocks.ts'

/** What every BlockStore does. `make` gives an empty one. */
export function describeBlockStore(name: string, make: () => Promise<BlockStore>): void {
  describe(`BlockStore: ${name}`, () => {
    const made = new DagBlocks()
    const leaf = made.raw('a leaf').toString()
    const empty = made.raw('').toString()
    const folder = made.folder([]).toString()
    const bytesOf = (cid: string): Uint8Array => made.blocks.get(cid)!

    it('gives back the bytes that were put', async () => {
      const store = await make()
      for (const cid of [leaf, empty, folder]) {
        await store.put(cid, bytesOf(cid))
        expect(await store.has(cid)).toBe(true)
        expect(Buffer.from(await store.get(cid))).toEqual(Buffer.from(bytesOf(cid)))
      }
    })

    it('knows nothing of a block that was never put', async () => {
      const store = await make()
      expect(await store.has(leaf)).toBe(false)
      await expect(store.get(leaf)).rejects.toMatchObject({ code: 'block_missing' })
    })

    it('refuses bytes that do not match and keeps nothing of them', async () => {
      const store = await make()
      await expect(store.put(leaf, bytesOf(folder))).rejects.toMatchObject({ code: 'block_corrupt' })
      expect(await store.has(leaf)).toBe(false)
      await expect(store.get(leaf)).rejects.toMatchObject({ code: 'block_missing' })
    })

    it('takes the same block again, also at the same time', async () => {
      const store = await make()
      await Promise.all(Array.from({ length: 8 }, () => store.put(leaf, bytesOf(leaf))))
      await store.put(leaf, bytesOf(leaf))
      expect(Buffer.from(await store.get(leaf)).toString()).toBe('a leaf')
    })

    it.each([
      ['a path', '../../etc/passwd'],
      ['nothing', ''],
      ['version 0', 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'],
      [
        'another hash',
        'bafkrgqg5tajnhhtu5cgxtgcvpgqzuqzsvvkf4u35dcmyeqnelbmgiwrfpfhybpw2ytkqfbwxrzwxtoqw7g7abjxxxxxxxxxxxxxx',
      ],
      ['an identity CID', 'bafkqaaa'],
      ['upper case', leaf.toUpperCase()],
    ])('has, gives and takes nothing under %s', async (_what, cid) => {
      const store = await make()
      expect(await store.has(cid)).toBe(false)
      await expect(store.get(cid)).rejects.toMatchObject({ code: 'block_missing' })
      await expect(store.put(cid, bytesOf(leaf))).rejects.toMatchObject({ code: 'block_corrupt' })
    })

    it('refuses a block above 2 MiB, though it matches', async () => {
      const store = await make()
      const cid = made.raw(new Uint8Array(2 * 1_048_576 + 1)).toString()
      await expect(store.put(cid, bytesOf(cid))).rejects.toMatchObject({ code: 'block_corrupt' })
      expect(await store.has(cid)).toBe(false)
    })

    it('does not let a caller change what it holds', async () => {
      const store = await make()
      const bytes = Uint8Array.from(bytesOf(leaf))
      await store.put(leaf, bytes)
      bytes.fill(0)
      ;(await store.get(leaf)).fill(0)
      expect(Buffer.from(await store.get(leaf)).toString()).toBe('a leaf')
    })
  })
}

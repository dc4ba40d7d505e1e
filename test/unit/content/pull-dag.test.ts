import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  FsBlockStore,
  indexFolder,
  MemoryBlockStore,
  pullDag,
  type PulledBlock,
} from '../../../src/content/index.ts'
import { DagBlocks } from '../../support/dag-blocks.ts'
import { noise, writeTree } from '../../support/folder-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const files = {
  stdout: 'hello\n',
  'outputs/a.mp4': noise(1_500_000),
  'outputs/b.mp4': noise(300_000, 2),
  'outputs/none': '',
}

/** A node with one published folder, that counts what is asked of it. */
async function remote() {
  const folder = await writeTree(join(await tempDir(), 'r'), files)
  const index = await indexFolder(folder)
  const asked: string[][] = []
  async function* fetch(cids: readonly string[]): AsyncGenerator<PulledBlock> {
    asked.push([...cids])
    for (const cid of cids) {
      const bytes = await index.read(cid)
      if (bytes !== undefined) yield { cid, bytes }
    }
  }
  return { folder, index, asked, fetch, blocks: [...index.cids()].length }
}

describe('pullDag', () => {
  it('brings every block into the store, each asked for once, in batches of at most 64', async () => {
    const { index, asked, fetch, blocks } = await remote()
    const store = new FsBlockStore(join(await tempDir(), 'blocks'))
    const told: string[] = []
    const pulled = await pullDag({ root: index.root, store, fetch, onBlock: ({ cid }) => told.push(cid) })
    expect(pulled).toEqual({ bytes: 1_800_006, blocks, fetchedBlocks: blocks })
    expect(asked.flat().sort()).toEqual([...index.cids()].sort())
    expect(told.sort()).toEqual([...index.cids()].sort())
    expect(Math.max(...asked.map((cids) => cids.length))).toBeLessThanOrEqual(64)
    for (const cid of index.cids()) expect(await store.has(cid)).toBe(true)
  })

  it('asks for nothing when everything is there', async () => {
    const { index, fetch, asked, blocks } = await remote()
    const store = new MemoryBlockStore()
    await pullDag({ root: index.root, store, fetch })
    const before = asked.length
    expect(await pullDag({ root: index.root, store, fetch })).toMatchObject({ blocks, fetchedBlocks: 0 })
    expect(asked).toHaveLength(before)
  })

  it('goes on after a break at every block, fetching none twice', async () => {
    const { index, fetch, blocks } = await remote()
    const store = new MemoryBlockStore()
    for (let attempt = 1; attempt < blocks; attempt++) {
      let allowed = 1
      let fetched = 0
      const oneBlock = async function* (cids: string[]): AsyncGenerator<PulledBlock> {
        for await (const block of fetch(cids)) {
          if (allowed-- === 0) throw new Error('the link broke')
          yield block
        }
      }
      const onBlock = (): void => {
        fetched++
      }
      const broken = pullDag({ root: index.root, store, fetch: oneBlock, onBlock })
      await expect(broken).rejects.toThrow('the link broke')
      expect(fetched).toBe(1)
    }
    expect(await pullDag({ root: index.root, store, fetch })).toMatchObject({ blocks, fetchedBlocks: 1 })
  })

  it('fetches a block again that went bad in the store', async () => {
    const { index, fetch } = await remote()
    const directory = join(await tempDir(), 'blocks')
    const store = new FsBlockStore(directory)
    await pullDag({ root: index.root, store, fetch })
    const cid = [...index.cids()].at(-1)!
    await writeFile(join(directory, cid.slice(-3, -1), cid), 'rust')
    expect(await pullDag({ root: index.root, store, fetch })).toMatchObject({ fetchedBlocks: 1 })
    expect(await store.get(cid)).toEqual(Buffer.from((await index.read(cid))!))
  })

  it('throws a wrong block away', async () => {
    const { index, fetch } = await remote()
    const store = new MemoryBlockStore()
    const bad: string[] = []
    const lying = async function* (cids: string[]): AsyncGenerator<PulledBlock> {
      for await (const { cid, bytes } of fetch(cids)) {
        const changed = Uint8Array.from(bytes)
        if (bytes.length > 100_000) {
          changed[5] = (changed[5] ?? 0) ^ 1
          bad.push(cid)
        }
        yield { cid, bytes: changed }
      }
    }
    await expect(pullDag({ root: index.root, store, fetch: lying })).rejects.toMatchObject({
      code: 'block_corrupt',
    })
    for (const cid of bad) expect(await store.has(cid)).toBe(false)
    expect(bad).not.toEqual([])
    await pullDag({ root: index.root, store, fetch })
  })

  it('refuses a block that was not asked for, though it is right', async () => {
    const { index } = await remote()
    const made = new DagBlocks()
    const other = made.raw('other').toString()
    const store = new MemoryBlockStore()
    const fetch = (): AsyncGenerator<PulledBlock> => made.fetch([other])
    await expect(pullDag({ root: index.root, store, fetch })).rejects.toMatchObject({ code: 'block_corrupt' })
    expect(await store.has(other)).toBe(false)
  })

  it('says that blocks are missing when the other side stops early', async () => {
    const { index } = await remote()
    const store = new MemoryBlockStore()
    const nothing = (): AsyncGenerator<PulledBlock> => new DagBlocks().fetch([])
    await expect(pullDag({ root: index.root, store, fetch: nothing })).rejects.toMatchObject({
      code: 'block_missing',
    })
  })

  it('stops when it is aborted', async () => {
    const { index, fetch } = await remote()
    const reason = new Error('enough')
    const stop = new AbortController()
    const onBlock = (): void => {
      stop.abort(reason)
    }
    const pulling = pullDag({
      root: index.root,
      store: new MemoryBlockStore(),
      fetch,
      signal: stop.signal,
      onBlock,
    })
    await expect(pulling).rejects.toBe(reason)
  })
})

describe('pullDag refuses', () => {
  const pull = (made: DagBlocks, root: { toString(): string }, limits = {}) =>
    pullDag({
      root: root.toString(),
      store: new MemoryBlockStore(),
      fetch: made.fetch,
      limits: { maxEntries: 10_000, maxDepth: 16, maxBytes: 2 ** 40, ...limits },
    })
  const made = new DagBlocks()
  const leaf = made.raw('leaf')

  it.each([
    ['the parent', '..'],
    ['a path', 'a/b'],
    ['an absolute path', '/etc/passwd'],
    ['NUL', 'a\0b'],
    ['nothing', ''],
    ['a name above 255 bytes', 'é'.repeat(128)],
  ])('the name %s', async (_what, name) => {
    const root = made.folder([{ name, cid: leaf, tsize: 4 }])
    await expect(pull(made, root)).rejects.toMatchObject({ code: 'output_unsafe' })
  })

  it('the same name twice', async () => {
    const twice = made.folder([
      { name: 'a', cid: leaf, tsize: 4 },
      { name: 'a', cid: leaf, tsize: 4 },
    ])
    await expect(pull(made, twice)).rejects.toMatchObject({ code: 'output_unsafe' })
  })

  it('a symlink', async () => {
    const root = made.folder([{ name: 'a', cid: made.symlink('/etc/passwd') }])
    await expect(pull(made, root)).rejects.toMatchObject({ code: 'output_unsafe' })
  })

  it('a chain that never ends', async () => {
    let cid = made.folder([])
    for (let i = 0; i < 100; i++) cid = made.folder([{ name: 'd', cid }])
    await expect(pull(made, cid)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('folders below folders beyond the limit, and takes the limit', async () => {
    let cid = made.folder([])
    for (let i = 0; i < 16; i++) cid = made.folder([{ name: 'd', cid }])
    expect(await pull(made, cid)).toMatchObject({ bytes: 0, blocks: 17 })
    const deeper = made.folder([{ name: 'd', cid }])
    await expect(pull(made, deeper)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('few blocks that spell out more folders than there are atoms', async () => {
    let cid = made.folder([])
    const names = Array.from({ length: 100 }, (_, i) => `d${i}`)
    for (let i = 0; i < 15; i++) cid = made.folder(names.map((name) => ({ name, cid })))
    await expect(pull(made, cid)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('few blocks that spell out more shards than there are atoms', async () => {
    const hamt = [0x08, 0x05, 0x28, 0x22, 0x30, 0x80, 0x02]
    let cid = made.node(hamt, [])
    const names = Array.from({ length: 256 }, (_, i) => i.toString(16).toUpperCase().padStart(2, '0'))
    for (let i = 0; i < 20; i++)
      cid = made.node(
        hamt,
        names.map((name) => ({ name, cid })),
      )
    await expect(pull(made, cid)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('few blocks that spell out more bytes than the limit', async () => {
    const chunk = made.raw(new Uint8Array(1000))
    let part = { cid: chunk, bytes: 1000 }
    for (let i = 0; i < 3; i++) {
      part = { cid: made.file(Array.from({ length: 100 }, () => part)), bytes: part.bytes * 100 }
    }
    const root = made.folder([{ name: 'bomb', cid: part.cid }])
    expect(await pull(made, root, { maxBytes: 1_000_000_000 })).toMatchObject({ bytes: 1_000_000_000 })
    await expect(pull(made, root, { maxBytes: 999_999_999 })).rejects.toMatchObject({
      code: 'result_refused',
    })
  })

  it('more bytes than were promised, before the last of them has come', async () => {
    const leaves = Array.from({ length: 100 }, (_, i) => ({
      cid: made.raw(noise(1_000_000, i + 1)),
      bytes: 1_000_000,
    }))
    const root = made.folder([{ name: 'clip', cid: made.file(leaves) }])
    const before = made.fetched.length
    await expect(pull(made, root, { maxBytes: 1_000 })).rejects.toMatchObject({ code: 'result_refused' })
    expect(made.fetched.length - before).toBeLessThan(30)
  })

  it('sizes that are not true', async () => {
    const file = made.file([{ cid: leaf, bytes: 5 }])
    await expect(pull(made, made.folder([{ name: 'a', cid: file }]))).rejects.toMatchObject({
      code: 'result_refused',
    })
    const link = made.folder([{ name: 'a', cid: leaf, tsize: 40 }])
    await expect(pull(made, link)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('a file as root, nodes that are no UnixFS, data inside file nodes, and no CID at all', async () => {
    const dataInside = made.node([0x08, 0x02, 0x12, 0x01, 0x41, 0x18, 0x01], [])
    const roots = [
      leaf,
      made.file([{ cid: leaf, bytes: 4 }]),
      made.node([0xff, 0xff], []),
      made.folder([{ name: 'a', cid: dataInside }]),
      'bafkqaaa',
    ]
    for (const root of roots) await expect(pull(made, root)).rejects.toMatchObject({ code: 'result_refused' })
  })
})

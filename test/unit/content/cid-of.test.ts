import { execFileSync } from 'node:child_process'
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { exporter } from 'ipfs-unixfs-exporter'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { cidOf, indexFolder } from '../../../src/content/index.ts'
import { noLimits } from '../../../src/content/limits.ts'
import { DagBlocks } from '../../support/dag-blocks.ts'
import { noise, writeTree } from '../../support/folder-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('cidOf', () => {
  it.each([
    ['hello\n', 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am'],
    ['', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ])('knows the CID of the file %j', async (content, cid) => {
    const path = join(await tempDir(), 'file')
    await writeFile(path, content)
    expect(await cidOf(path)).toBe(cid)
  })

  it('knows the CID of the empty folder', async () => {
    expect(await cidOf(await tempDir())).toBe('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
  })

  it.each([1, 262_143, 262_144])('makes one raw leaf of a file of %d bytes', async (size) => {
    const path = join(await tempDir(), 'file')
    await writeFile(path, noise(size))
    expect(await cidOf(path)).toBe(new DagBlocks().raw(noise(size)).toString())
  })

  it('makes 256 KiB leaves under one node', async () => {
    const content = noise(2 * 262_144 + 1)
    const path = join(await tempDir(), 'file')
    await writeFile(path, content)
    const made = new DagBlocks()
    const leaf = (start: number, end: number) => ({
      cid: made.raw(content.subarray(start, end)),
      bytes: end - start,
    })
    const root = made.file([leaf(0, 262_144), leaf(262_144, 524_288), leaf(524_288, 524_289)])
    expect(await cidOf(path)).toBe(root.toString())
  })

  it('makes a balanced tree of 174 links a node, with a node above a lonely last leaf', async () => {
    const path = join(await tempDir(), 'file')
    await writeFile(path, '')
    await truncate(path, 175 * 262_144)
    const made = new DagBlocks()
    const leaf = { cid: made.raw(new Uint8Array(262_144)), bytes: 262_144 }
    const parts = [Array.from({ length: 174 }, () => leaf), [leaf]].map((leaves) => {
      const cid = made.file(leaves)
      return { cid, bytes: leaves.length * 262_144, tsize: made.blocks.get(cid.toString())!.length }
    })
    // The links of inner nodes tell the size of the nodes below too.
    const total = parts.reduce((sum, part) => sum + part.bytes, 0)
    const root = made.node(
      [0x08, 0x02, 0x18, ...varint(total), ...parts.flatMap((part) => [0x20, ...varint(part.bytes)])],
      parts.map((part) => ({ name: '', cid: part.cid, tsize: part.bytes + part.tsize })),
    )
    expect(await cidOf(path)).toBe(root.toString())
  })

  it('sorts entries by their bytes and tells sizes with nodes included', async () => {
    const made = new DagBlocks()
    const a = made.raw('a')
    const inner = made.folder([{ name: 'x', cid: a, tsize: 1 }])
    const innerSize = made.blocks.get(inner.toString())!.length + 1
    const root = made.folder([
      { name: 'B', cid: a, tsize: 1 },
      { name: 'a', cid: inner, tsize: innerSize },
      { name: 'é', cid: a, tsize: 1 },
    ])
    const folder = await writeTree(join(await tempDir(), 'f'), { é: 'a', 'a/x': 'a', B: 'a' })
    expect(await cidOf(folder)).toBe(root.toString())
  })

  it('counts hidden names unless told not to', async () => {
    const plain = await writeTree(join(await tempDir(), 'f'), { a: '1' })
    const hidden = await writeTree(join(await tempDir(), 'f'), { a: '1', '.b': '2', '.c/d': '3' })
    expect(await cidOf(hidden)).not.toBe(await cidOf(plain))
    expect(await cidOf(hidden, { hidden: false })).toBe(await cidOf(plain))
  })

  it('follows a symlink that it is given, and refuses one inside', async () => {
    const directory = await tempDir()
    const folder = await writeTree(join(directory, 'f'), { a: '1' })
    await symlink(folder, join(directory, 'link'))
    expect(await cidOf(join(directory, 'link'))).toBe(await cidOf(folder))
    await expect(cidOf(directory)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('says that a path does not exist', async () => {
    await expect(cidOf(join(await tempDir(), 'no'))).rejects.toMatchObject({ code: 'path_missing' })
  })

  it('refuses a FIFO, without waiting for a writer, and a socket', async () => {
    const directory = await tempDir()
    execFileSync('mkfifo', [join(directory, 'fifo')])
    await expect(cidOf(directory)).rejects.toMatchObject({ code: 'result_refused' })
    await expect(cidOf(join(directory, 'fifo'))).rejects.toMatchObject({ code: 'result_refused' })
    const other = await tempDir()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(other, 's'), resolve))
    try {
      await expect(cidOf(other)).rejects.toMatchObject({ code: 'result_refused' })
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('refuses a name that is not UTF-8', async () => {
    const directory = await tempDir()
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), 'x')
    await expect(cidOf(directory)).rejects.toMatchObject({ code: 'result_refused' })
  })

  it('stops when it is aborted', async () => {
    const reason = new Error('enough')
    await expect(cidOf(await tempDir(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('the DAG of a folder', () => {
  it('is read by the reference exporter as what was written, whatever the sizes', async () => {
    const base = await tempDir()
    let run = 0
    const sizes = fc.array(fc.oneof(fc.nat(64), fc.constantFrom(0, 262_143, 262_144, 262_145, 700_000)), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const directory = join(base, String(run++))
        const files = Object.fromEntries(
          lengths.map((length, i) => [`d${i % 2}/f${i}`, noise(length, i + 1)]),
        )
        const index = await indexFolder(await writeTree(directory, files))
        for (const [path, content] of Object.entries(files)) {
          const [folder, name] = path.split('/') as [string, string]
          const read = await exportFile(index, [folder, name])
          expect(Buffer.compare(read, content)).toBe(0)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('becomes a HAMT where ipfs makes one, which the exporter reads in full', async () => {
    const directory = await tempDir()
    // 1150 names of 200 bytes and CIDs of 36 are 271,400 bytes, above the 262,144 at which ipfs shards.
    const names = Array.from({ length: 1150 }, (_, i) => String(i).padStart(200, '0'))
    await mkdir(join(directory, 'big'))
    for (const name of names) await writeFile(join(directory, 'big', name), name)
    const index = await indexFolder(join(directory, 'big'))
    const root = await exporter(CID.parse(index.root), storeOf(index))
    if (root.type !== 'directory') throw new Error(`a ${root.type}`)
    expect(root.unixfs.type).toBe('hamt-sharded-directory')
    const found: string[] = []
    for await (const entry of root.entries()) found.push(entry.name)
    expect(found.sort()).toEqual(names)
    expect(index.files).toBe(1150)
  })

  it('shards a folder of many folders too', async () => {
    const directory = await tempDir()
    for (let i = 0; i < 1150; i++) await mkdir(join(directory, String(i).padStart(200, '0')))
    const index = await indexFolder(directory, { limits: noLimits })
    const root = await exporter(CID.parse(index.root), storeOf(index))
    expect(root.type === 'directory' && root.unixfs.type).toBe('hamt-sharded-directory')
  })
})

type Index = Awaited<ReturnType<typeof indexFolder>>

function storeOf(index: Index) {
  return {
    async *get(cid: CID): AsyncGenerator<Uint8Array> {
      const block = await index.read(cid.toString())
      if (block === undefined) throw new Error(`no block ${cid.toString()}`)
      yield block
    },
  }
}

async function exportFile(index: Index, path: readonly string[]): Promise<Buffer> {
  const entry = await exporter(`${index.root}/${path.join('/')}`, storeOf(index))
  if (entry.type !== 'file' && entry.type !== 'raw') throw new Error(`a ${entry.type}`)
  const chunks: Uint8Array[] = []
  for await (const chunk of entry.content()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))]
}

import { link, mkdir, readdir, readFile, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cidOf, downloadFolder, type DownloadProgress, indexFolder } from '../../../src/content/index.ts'
import { DagBlocks } from '../../support/dag-blocks.ts'
import { noise, readTree, writeTree } from '../../support/folder-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const files = {
  stdout: 'hello\n',
  'outputs/a.mp4': noise(1_500_000),
  'outputs/b.mp4': noise(300_000, 2),
  'outputs/empty': '',
  'outputs/deep/er/x': 'x',
  'outputs/nothing/': '',
}

/** A published folder, an empty place for its copy, and a count of what was fetched. */
async function published(tree: Readonly<Record<string, string | Uint8Array>> = files) {
  const base = await tempDir()
  const folder = await writeTree(join(base, 'node', 'r'), tree)
  const index = await indexFolder(folder)
  const fetched: string[] = []
  const fetchBlock = async (cid: string): Promise<Uint8Array> => {
    fetched.push(cid)
    return (await index.read(cid))!
  }
  return { base, folder, root: index.root, index, fetched, fetchBlock, target: join(base, 'home', 'job-1') }
}

describe('downloadFolder', () => {
  it('writes the same folder, with nothing left beside it', async () => {
    const { folder, root, fetchBlock, target, fetched } = await published()
    const done = await downloadFolder({ root, fetchBlock, target })
    expect(done).toEqual({ files: 5, bytes: 1_800_007, keptFiles: 0, fetchedBlocks: fetched.length })
    expect(await readTree(target)).toEqual(await readTree(folder))
    expect(await cidOf(target)).toBe(root)
    expect(new Set(fetched).size).toBe(fetched.length)
  })

  it('reads folders that are HAMTs', async () => {
    const tree = Object.fromEntries(
      Array.from({ length: 1150 }, (_, i) => [String(i).padStart(200, '0') + '/', '']),
    )
    const { root, fetchBlock, target } = await published(tree)
    await downloadFolder({ root, fetchBlock, target })
    expect(await readdir(target)).toHaveLength(1150)
    expect(await cidOf(target)).toBe(root)
  })

  it('tells its progress up to the end, and never fetches more than 8 blocks at a time', async () => {
    const { root, fetchBlock, target } = await published()
    const told: DownloadProgress[] = []
    let running = 0
    let most = 0
    const counting = async (cid: string): Promise<Uint8Array> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      const bytes = await fetchBlock(cid)
      running--
      return bytes
    }
    await downloadFolder({
      root,
      fetchBlock: counting,
      target,
      onProgress: (progress) => told.push(progress),
    })
    expect(told.at(-1)).toEqual({ files: 5, totalFiles: 5, bytes: 1_800_007, totalBytes: 1_800_007 })
    for (const [i, { bytes }] of told.entries()) expect(bytes).toBeGreaterThanOrEqual(told[i - 1]?.bytes ?? 0)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(8)
  })

  it('fetches no leaf again when everything is there, and takes up files that were copied otherwise', async () => {
    const { root, fetchBlock, target, fetched } = await published()
    await downloadFolder({ root, fetchBlock, target })
    const first = fetched.length
    const again = await downloadFolder({ root, fetchBlock, target })
    expect(again.keptFiles).toBe(5)
    // The folders and the nodes of the two large files only.
    expect(fetched.length - first).toBe(7)
  })

  it('goes on after a break at any block, and ends with the same folder', async () => {
    const { base, folder, root, fetchBlock } = await published()
    const expected = await readTree(folder)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 4 }), async (breaks) => {
        const target = join(base, 'home', String(run++))
        for (const after of breaks) {
          let allowed = after
          const breaking = (cid: string): Promise<Uint8Array> =>
            allowed-- > 0 ? fetchBlock(cid) : Promise.reject(new Error('the link broke'))
          await downloadFolder({ root, fetchBlock: breaking, target }).catch((error: unknown) => {
            expect(error).toMatchObject({ message: 'the link broke' })
          })
        }
        await downloadFolder({ root, fetchBlock, target })
        expect(await readTree(target)).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  it('does not fetch again what the part of a broken download holds', async () => {
    const { root, target, fetched, fetchBlock } = await published({ clip: noise(262_144 * 20) })
    let allowed = 12
    const breaking = (cid: string): Promise<Uint8Array> =>
      allowed-- > 0 ? fetchBlock(cid) : Promise.reject(new Error('the link broke'))
    await expect(downloadFolder({ root, fetchBlock: breaking, target })).rejects.toThrow('the link broke')
    expect(await readdir(target)).toEqual([expect.stringMatching(/^\.edge-[0-9a-f]{16}\.part$/)])
    await downloadFolder({ root, fetchBlock, target })
    // 2 nodes, 10 leaves; then 2 nodes, the other 10 leaves.
    expect(fetched).toHaveLength(24)
    expect(await cidOf(target)).toBe(root)
  })

  it('does not believe a part: damaged leaves are fetched anew, a longer one is cut', async () => {
    const { root, target, fetchBlock } = await published({ clip: noise(262_144 * 3) })
    let allowed = 4
    const breaking = (cid: string): Promise<Uint8Array> =>
      allowed-- > 0 ? fetchBlock(cid) : Promise.reject(new Error('the link broke'))
    await expect(downloadFolder({ root, fetchBlock: breaking, target })).rejects.toThrow('the link broke')
    const [part] = await readdir(target)
    await writeFile(join(target, part!), new Uint8Array(262_144 * 5).fill(7))
    await downloadFolder({ root, fetchBlock, target })
    expect(await cidOf(target)).toBe(root)
  })

  it('writes no byte of a wrong block', async () => {
    const { root, fetchBlock, target } = await published()
    const lying = async (cid: string): Promise<Uint8Array> => {
      const bytes = Uint8Array.from(await fetchBlock(cid))
      if (bytes.length > 1000) bytes.fill(0x41)
      return bytes
    }
    await expect(downloadFolder({ root, fetchBlock: lying, target })).rejects.toMatchObject({
      code: 'block_corrupt',
    })
    for (const [path] of Object.entries(await readTree(target))) {
      if (!path.endsWith('/')) expect((await readFile(join(target, path))).includes('AAAA')).toBe(false)
    }
    await downloadFolder({ root, fetchBlock, target })
    expect(await cidOf(target)).toBe(root)
  })

  it('stops when it is aborted', async () => {
    const { root, fetchBlock, target } = await published()
    const stop = new AbortController()
    const reason = new Error('enough')
    const onProgress = (): void => {
      stop.abort(reason)
    }
    const download = downloadFolder({ root, fetchBlock, target, signal: stop.signal, onProgress })
    await expect(download).rejects.toBe(reason)
  })
})

describe('downloadFolder, where something is in the way', () => {
  it('overwrites nothing, and has written nothing when it says so', async () => {
    const { root, fetchBlock, target } = await published()
    await writeTree(target, { stdout: 'mine', notes: 'mine too' })
    const before = await readTree(target)
    await expect(downloadFolder({ root, fetchBlock, target })).rejects.toMatchObject({
      code: 'output_exists',
    })
    expect(await readTree(target)).toEqual(before)
  })

  it('replaces other content when forced, and leaves alone what is not in the result', async () => {
    const { root, fetchBlock, target } = await published()
    await writeTree(target, { stdout: 'theirs', 'outputs/a.mp4': noise(1_500_000, 9), notes: 'mine' })
    await downloadFolder({ root, fetchBlock, target, force: true })
    expect(await readFile(join(target, 'notes'), 'utf8')).toBe('mine')
    await unlink(join(target, 'notes'))
    expect(await cidOf(target)).toBe(root)
  })

  it('replaces no file that appears while it downloads', async () => {
    const { root, fetchBlock, target } = await published({ clip: noise(600_000) })
    const racing = async (cid: string): Promise<Uint8Array> => {
      if (await stat(target).catch(() => undefined)) await writeFile(join(target, 'clip'), 'mine')
      return fetchBlock(cid)
    }
    await expect(downloadFolder({ root, fetchBlock: racing, target })).rejects.toMatchObject({
      code: 'output_exists',
    })
    expect(await readFile(join(target, 'clip'), 'utf8')).toBe('mine')
  })

  it.each([false, true])('takes no folder for a file and no file for a folder (force: %s)', async (force) => {
    const one = await published()
    await mkdir(join(one.target, 'stdout'), { recursive: true })
    await expect(downloadFolder({ ...one, force })).rejects.toMatchObject({ code: 'output_exists' })
    const two = await published()
    await writeTree(two.target, { outputs: 'a file' })
    await expect(downloadFolder({ ...two, force })).rejects.toMatchObject({ code: 'output_exists' })
    expect(await readFile(join(two.target, 'outputs'), 'utf8')).toBe('a file')
  })

  it.each([
    ['the target', ''],
    ['a folder', 'outputs'],
    ['a file', 'stdout'],
    ['a file in a folder', 'outputs/deep/er/x'],
  ])('writes nothing through a symlink in place of %s, forced or not', async (_what, path) => {
    for (const force of [false, true]) {
      const { base, root, fetchBlock, target } = await published()
      const outside = await writeTree(join(base, 'outside'), { stdout: 'mine', x: 'mine' })
      await mkdir(join(target, path, '..'), { recursive: true })
      await symlink(path === 'stdout' ? join(outside, 'x') : outside, join(target, path))
      await expect(downloadFolder({ root, fetchBlock, target, force })).rejects.toMatchObject({
        code: 'output_unsafe',
      })
      expect(Object.keys(await readTree(outside))).toEqual(['stdout', 'x'])
      expect(await readFile(join(outside, 'x'), 'utf8')).toBe('mine')
    }
  })

  it.each(['symlink', 'hard link'])('writes nothing through a %s in place of a part', async (kind) => {
    const { base, root, fetchBlock, target } = await published({ clip: noise(600_000) })
    const breaking = (cid: string): Promise<Uint8Array> =>
      cid === root || !cid.startsWith('bafkrei')
        ? fetchBlock(cid)
        : Promise.reject(new Error('the link broke'))
    await expect(downloadFolder({ root, fetchBlock: breaking, target })).rejects.toThrow('the link broke')
    const [part] = await readdir(target)
    await writeFile(join(base, 'mine'), 'mine')
    await rm(join(target, part!))
    await (kind === 'symlink' ? symlink : link)(join(base, 'mine'), join(target, part!))
    await expect(downloadFolder({ root, fetchBlock, target })).rejects.toMatchObject({
      code: 'output_unsafe',
    })
    expect(await readFile(join(base, 'mine'), 'utf8')).toBe('mine')
  })

  it('says what the disk says where it may not write', async () => {
    const { root, fetchBlock, base } = await published()
    await writeFile(join(base, 'home'), 'a file')
    const target = join(base, 'home', 'job-1')
    await expect(downloadFolder({ root, fetchBlock, target })).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

describe('downloadFolder refuses', () => {
  const made = new DagBlocks()
  const leaf = made.raw('leaf')
  const good = { name: 'good', cid: leaf, tsize: 4 }

  it.each(['..', '.', '', 'a/b', '/etc/passwd', '../../x', 'a\0b', 'a\\..\\b', '\u001b[2J'])(
    'the name %j, with nothing written, not even what comes before it',
    async (name) => {
      const base = await tempDir()
      const root = made.folder([good, { name, cid: leaf, tsize: 4 }]).toString()
      const download = downloadFolder({ root, fetchBlock: made.fetchBlock, target: join(base, 'a', 'b') })
      await expect(download).rejects.toMatchObject({ code: 'output_unsafe' })
      expect(await readTree(base)).toEqual({})
    },
  )

  it('names that are one name on other file systems, and a symlink beside a folder of its name', async () => {
    const target = join(await tempDir(), 'a')
    const roots = [
      made.folder([good, { ...good, name: 'GOOD' }]),
      made.folder([good, { ...good }]),
      made.folder([{ name: 'd', cid: made.symlink('/etc') }, good]),
      made.folder([
        { name: 'd', cid: made.symlink('/etc') },
        { name: 'd', cid: made.folder([good]) },
      ]),
    ]
    for (const root of roots) {
      const download = downloadFolder({ root: root.toString(), fetchBlock: made.fetchBlock, target })
      await expect(download).rejects.toMatchObject({ code: 'output_unsafe' })
    }
  })

  it('sizes that are not true, without leaving a file under its name', async () => {
    const target = join(await tempDir(), 'a')
    const two = made.file([
      { cid: leaf, bytes: 4 },
      { cid: leaf, bytes: 4 },
    ])
    const roots = [
      made.folder([{ ...good, tsize: 400 }]),
      made.folder([{ name: 'good', cid: made.file([{ cid: leaf, bytes: 3 }]) }]),
      made.folder([{ name: 'good', cid: made.file([{ cid: two, bytes: 9 }]) }]),
    ]
    for (const root of roots) {
      const download = downloadFolder({ root: root.toString(), fetchBlock: made.fetchBlock, target })
      await expect(download).rejects.toMatchObject({ code: 'result_refused' })
      expect((await readdir(target)).filter((name) => !name.endsWith('.part'))).toEqual([])
    }
  })
})

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { InputCache, Wanted } from '../../../../src/sources/index.ts'
import { inputCache } from '../../../support/input-cache.ts'
import { tempDir } from '../../../support/temp-dir.ts'

/** An input of so many bytes, and a count of how often it was fetched. */
function input(name: string, bytes = 100): Wanted & { fetched: number } {
  const wanted = {
    identity: name,
    what: name,
    fetched: 0,
    fetch: async ({ content, room }: Parameters<Wanted['fetch']>[0]) => {
      wanted.fetched += 1
      await room(bytes)
      await mkdir(join(content, 'below'))
      await writeFile(join(content, 'below', 'file'), Buffer.alloc(bytes))
    },
  }
  return wanted
}

interface Bench {
  readonly dir: string
  readonly cache: InputCache
  /** Lays it out for an execution; gives the way to end that. */
  readonly use: (wanted: Wanted, execution?: string) => Promise<() => Promise<void>>
}

async function bench(quotaBytes: number, dir?: string): Promise<Bench> {
  const place = dir ?? (await tempDir())
  const cache = await inputCache(place, quotaBytes)
  let executions = 0
  return {
    dir: place,
    cache,
    use: async (wanted, execution = `e${String(executions++)}`) => {
      const scratch = join(place, 'executions', execution)
      await cache.use(wanted, join(scratch, 'inputs', wanted.what))
      return () => rm(scratch, { recursive: true })
    },
  }
}

const kept = (cache: InputCache, ...names: readonly string[]): readonly string[] =>
  names.filter((name) => cache.find(name) !== undefined)

describe('the cache of inputs', () => {
  it('removes what was not used longest when the quota is used up', async () => {
    const { cache, use } = await bench(250)
    for (const name of ['a', 'b']) await (await use(input(name)))()
    await (
      await use(input('a'))
    )()
    await use(input('c'))
    expect(kept(cache, 'a', 'b', 'c')).toEqual(['a', 'c'])
  })

  it('never removes what an execution uses, also after a restart of the node', async () => {
    const { dir, cache, use } = await bench(250)
    const endA = await use(input('a'), 'first')
    await use(input('b'), 'second')
    await expect(use(input('c'))).rejects.toMatchObject({ code: 'input_unavailable' })
    await cache.stop()

    const later = await bench(250, dir)
    await expect(later.use(input('c'), 'third')).rejects.toMatchObject({ code: 'input_unavailable' })
    await endA()
    await later.use(input('c'), 'third')
    expect(kept(later.cache, 'a', 'b', 'c')).toEqual(['b', 'c'])
  })

  it('remembers over a restart what it has and when it was used', async () => {
    const { dir, cache, use } = await bench(250)
    for (const name of ['a', 'b', 'a']) await (await use(input(name)))()
    await cache.stop()
    const later = await bench(250, dir)
    const [a, c] = [input('a'), input('c')]
    await later.use(c, 'x')
    expect(kept(later.cache, 'a', 'b', 'c')).toEqual(['a', 'c'])
    await later.use(a, 'y')
    expect(a.fetched).toBe(0)
  })

  it('does not take what is larger than the quota, and leaves what is there', async () => {
    const { cache, use } = await bench(250)
    await (
      await use(input('a'))
    )()
    await expect(use(input('huge', 251))).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(kept(cache, 'a')).toEqual(['a'])
  })

  it('counts what is on its way', async () => {
    const { cache, use } = await bench(250)
    const slow = input('slow', 200)
    const [begun, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    const using = use({
      ...slow,
      fetch: async (fetching) => {
        await fetching.room(200)
        begun.resolve(undefined)
        await goOn.promise
        await slow.fetch(fetching)
      },
    })
    await begun.promise
    await expect(use(input('a'))).rejects.toMatchObject({ code: 'input_unavailable' })
    goOn.resolve(undefined)
    await using
    expect(kept(cache, 'slow')).toEqual(['slow'])
  })

  it('keeps nothing of what failed, and tries it again when asked', async () => {
    const { dir, use } = await bench(250)
    const broken = { ...input('a'), fetch: () => Promise.reject(new Error('no')) }
    await expect(use(broken)).rejects.toThrow('no')
    expect(await readdir(join(dir, 'inputs', 'partial'))).toEqual([])
    await use(input('a'))
  })

  it('fetches once for all who wait, and once more for those whose elder failed', async () => {
    const { use } = await bench(1000)
    const good = input('a')
    let tries = 0
    const moody: Wanted = {
      ...good,
      fetch: (fetching) => (tries++ === 0 ? Promise.reject(new Error('first')) : good.fetch(fetching)),
    }
    const ends = await Promise.allSettled([use(moody), use(moody), use(moody)])
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(good.fetched).toBe(1)
  })

  it('gives every execution files of its own name that nobody can write', async () => {
    const { dir, use } = await bench(1000)
    await use(input('a'), 'one')
    const file = join(dir, 'executions/one/inputs/a/below/file')
    expect(await readFile(file)).toHaveLength(100)
    const end = await use(input('a'), 'two')
    await end()
    expect(await readFile(file)).toHaveLength(100)
  })

  it('fetches again what somebody changed on its disk', async () => {
    const { dir, use } = await bench(1000)
    const a = input('a')
    await (
      await use(a)
    )()
    const [key = ''] = await readdir(join(dir, 'inputs/entries'))
    await rm(join(dir, 'inputs/entries', key, 'content/below/file'))
    await use(a)
    expect(a.fetched).toBe(2)
  })

  it('removes at the start what was left half fetched, and what is no entry', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'inputs/partial/x/content'), { recursive: true })
    await mkdir(join(dir, 'inputs/entries', 'f'.repeat(64), 'content'), { recursive: true })
    await writeFile(join(dir, 'inputs/entries', 'stray'), '')
    await bench(1000, dir)
    expect(await readdir(join(dir, 'inputs/partial'))).toEqual([])
    expect(await readdir(join(dir, 'inputs/entries'))).toEqual([])
  })

  it('obeys a quota that was made smaller', async () => {
    const { dir, cache, use } = await bench(1000)
    for (const name of ['a', 'b', 'c']) await (await use(input(name)))()
    await cache.stop()
    const later = await bench(250, dir)
    expect(kept(later.cache, 'a', 'b', 'c')).toEqual(['b', 'c'])
  })
})

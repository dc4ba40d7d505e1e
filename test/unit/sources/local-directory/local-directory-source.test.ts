import { execFileSync } from 'node:child_process'
import { mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLocalDirectorySource, missingRoots, parseAllowList } from '../../../../src/sources/index.ts'
import type { LocalDirectorySource } from '../../../../src/sources/index.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const spec = (path: string, readWrite = false) => ({ type: 'localDirectory', path, readWrite }) as const

async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await tempDir()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true })
    if (text.startsWith('-> ')) await symlink(text.slice(3).replace('ROOT', root), join(root, name))
    else await writeFile(join(root, name), text)
  }
  return root
}

const sourceOf = (entries: readonly string[], denied: readonly string[] = []): LocalDirectorySource =>
  createLocalDirectorySource({ allowList: parseAllowList(entries), denied })

async function codeOf(source: LocalDirectorySource, path: string, readWrite = false): Promise<string> {
  const found = await source.inspect(spec(path, readWrite))
  return found.ok ? 'ok' : found.reason.code
}

describe('the local directory source', () => {
  it('takes a path by where it leads, not by how it is written', async () => {
    const root = await tree({
      'videos/a/1.mp4': 'one',
      'videos2/1.mp4': 'other',
      'videos/here': '-> a',
      elsewhere: '-> ROOT/videos/a',
    })
    const source = sourceOf([join(root, 'videos')])
    for (const path of [
      'videos',
      'videos/',
      '/videos//a',
      'videos/./a',
      'videos/a/1.mp4',
      'videos/here',
      'elsewhere',
    ]) {
      expect([path, await codeOf(source, `${root}/${path}`)]).toEqual([path, 'ok'])
    }
    const { hostPath } = await source.prepare({
      source: spec(`${root}/elsewhere`),
      target: '/v',
      scratchDir: root,
    })
    expect(hostPath).toBe(join(root, 'videos/a'))
  })

  it('refuses what is beside, above or out of the root, and what is no clean path', async () => {
    const root = await tree({
      'videos/a/1.mp4': 'one',
      'videos2/1.mp4': 'x',
      'secret/key': 'x',
      'videos/out': '-> ROOT/secret',
      'videos/up': '-> ../secret',
    })
    const source = sourceOf([join(root, 'videos')])
    const refused = [
      'videos2',
      'videos2/1.mp4',
      '',
      'secret',
      'videos/out',
      'videos/out/key',
      'videos/up',
      'Videos',
    ]
    refused.push(
      'videos/../secret',
      'videos/a/../../secret',
      'videos/a/..',
      'videos/%2e%2e/secret/..',
      'videos/a\0',
      'videos/a\nb',
    )
    for (const path of refused) {
      expect([path, await codeOf(source, `${root}/${path}`)]).toEqual([path, 'path_not_allowed'])
    }
    expect(await codeOf(source, 'videos')).toBe('path_not_allowed')
    expect(await codeOf(source, `${root}/videos/%2e%2e`)).toBe('path_missing')
  })

  it('says of a path that is not allowed the same whether it exists or not', async () => {
    const root = await tree({
      'videos/a': 'x',
      'secret/key': 'x',
      'videos/there': '-> ROOT/secret/key',
      'videos/gone': '-> ROOT/secret/none',
    })
    const source = sourceOf([join(root, 'videos')])
    const said = async (name: string): Promise<unknown> =>
      JSON.parse(JSON.stringify(await source.inspect(spec(join(root, name)))).replaceAll(name, 'NAME'))
    expect(await said('secret/key')).toEqual(await said('secret/none'))
    expect(await said('videos/there')).toEqual(await said('videos/gone'))
    expect(JSON.stringify(await said('secret/key'))).toContain('--allow-listed-local-paths')
  })

  it('refuses a tree with a link that leads out, names it, and takes it when the link is gone', async () => {
    const root = await tree({
      'videos/1.mp4': 'x',
      'videos/in': '-> 1.mp4',
      'secret/key': 'x',
      'videos/sub/bad': '-> ../../secret/key',
    })
    const source = sourceOf([join(root, 'videos/**')])
    const found = await source.inspect(spec(join(root, 'videos')))
    expect(found).toMatchObject({ ok: false, reason: { code: 'path_not_allowed' } })
    expect(JSON.stringify(found)).toContain('videos/sub/bad')
    expect(JSON.stringify(found)).not.toContain('secret')
    await rm(join(root, 'videos/sub/bad'))
    expect(await source.inspect(spec(join(root, 'videos')))).toEqual({ ok: true, files: 1, bytes: 1 })
  })

  it('counts a file once, however many links lead to it, and ends in spite of link loops', async () => {
    const root = await tree({
      'v/a/1': '123',
      'v/loop': '-> ../v',
      'v/a/up': '-> ..',
      'v/self': '-> self',
      'v/l1': '-> a/1',
      'v/l2': '-> a',
    })
    const source = sourceOf([join(root, 'v')])
    expect(await codeOf(source, join(root, 'v/self'))).toBe('path_not_allowed')
    await rm(join(root, 'v/self'))
    expect(await source.inspect(spec(join(root, 'v')))).toEqual({ ok: true, files: 1, bytes: 3 })
  })

  it('follows the allow-list’s own root when that is a link', async () => {
    const root = await tree({ 'disk/cams/1.mp4': 'x', videos: '-> disk/cams' })
    const source = sourceOf([join(root, 'videos')])
    expect(await codeOf(source, join(root, 'videos'))).toBe('ok')
    expect(await codeOf(source, join(root, 'disk/cams/1.mp4'))).toBe('ok')
    expect(await codeOf(source, join(root, 'disk'))).toBe('path_not_allowed')
  })

  it('gives write access only below an :rw entry, and says so', async () => {
    const root = await tree({ 'ro/1': 'x', 'rw/1': 'x' })
    const source = sourceOf([root, `${root}/rw:rw`])
    expect(await codeOf(source, join(root, 'rw'), true)).toBe('ok')
    const refused = await source.inspect(spec(join(root, 'ro'), true))
    expect(refused).toMatchObject({ ok: false, reason: { code: 'path_not_allowed' } })
    expect(JSON.stringify(refused)).toContain(':rw')
  })

  it('never gives the system’s folders, the denied ones, or a folder that holds one', async () => {
    const root = await tree({ 'data/identity.key': 'x', 'data/deep/x': 'x', 'videos/1': 'x' })
    const source = sourceOf(['/**'], [join(root, 'data')])
    for (const path of [
      '/',
      '/proc',
      '/proc/self',
      '/sys',
      '/dev',
      '/dev/null',
      '/run',
      root,
      join(root, 'data'),
      join(root, 'data/deep'),
    ]) {
      expect([path, await codeOf(source, path)]).toEqual([path, 'path_not_allowed'])
    }
    expect(await codeOf(source, join(root, 'videos'))).toBe('ok')
  })

  it('refuses pipes and sockets, and does not count them in a folder', async () => {
    const root = await tree({ 'v/1.mp4': 'x' })
    execFileSync('mkfifo', [join(root, 'v/pipe')])
    const server = createServer().listen(join(root, 'v/socket'))
    await new Promise((ready) => server.once('listening', ready))
    onTestFinished(
      () =>
        new Promise<void>((closed) =>
          server.close(() => {
            closed()
          }),
        ),
    )
    const source = sourceOf([root])
    expect(await codeOf(source, join(root, 'v/pipe'))).toBe('path_not_allowed')
    expect(await codeOf(source, join(root, 'v/socket'))).toBe('path_not_allowed')
    expect(await source.inspect(spec(join(root, 'v')))).toEqual({ ok: true, files: 1, bytes: 1 })
  })

  it('stops counting at its limits', async () => {
    const root = await tree({ 'v/1': 'x', 'v/2': 'x', 'v/a/b/c/1': 'x' })
    const allowList = parseAllowList([root])
    const few = createLocalDirectorySource({ allowList, denied: [], limits: { entries: 3, depth: 64 } })
    const flat = createLocalDirectorySource({ allowList, denied: [], limits: { entries: 100, depth: 2 } })
    expect(await codeOf(few, join(root, 'v'))).toBe('limit_exceeded')
    expect(await codeOf(flat, join(root, 'v'))).toBe('limit_exceeded')
    const preparing = flat.prepare({ source: spec(join(root, 'v')), target: '/v', scratchDir: root })
    await expect(preparing).rejects.toMatchObject({ code: 'payload_too_large' })
  })

  it('decides anew when preparing: a folder that became a link out is refused', async () => {
    const root = await tree({ 'videos/a/1': 'x', 'secret/key': 'x' })
    const source = sourceOf([join(root, 'videos')])
    expect(await codeOf(source, join(root, 'videos/a'))).toBe('ok')
    await rename(join(root, 'videos/a'), join(root, 'videos/b'))
    await symlink(join(root, 'secret'), join(root, 'videos/a'))
    const preparing = source.prepare({ source: spec(join(root, 'videos/a')), target: '/v', scratchDir: root })
    await expect(preparing).rejects.toMatchObject({ code: 'path_not_allowed' })
  })

  it('explains to the owner which entry decided, and why not', async () => {
    const root = await tree({ 'videos/1': 'x', link: '-> videos', 'data/x': 'x' })
    const source = sourceOf([`${root}/videos/**:rw`], [join(root, 'data')])
    expect(await source.explainPath(join(root, 'link'))).toMatchObject({
      access: 'rw',
      canonical: join(root, 'videos'),
      entry: `${root}/videos/**:rw`,
    })
    expect(await source.explainPath(join(root, 'data/x'))).toMatchObject({
      access: 'none',
      message: `${root}/data/x is closed to every job because of ${root}/data`,
    })
    expect((await source.explainPath(`${root}/a/../b`)).message).toContain('..')
    expect((await source.explainPath(join(root, 'other'))).message).toContain('no entry')
  })

  it('knows which roots are not there', async () => {
    const root = await tree({ 'videos/1': 'x' })
    const missing = await missingRoots(parseAllowList([`${root}/videos`, `${root}/disk/**`]))
    expect(missing.map(({ text }) => text)).toEqual([`${root}/disk/**`])
  })

  it('gives nothing outside the root, for any path through a tree of hostile links', async () => {
    const root = await tree({
      'in/a/1.mp4': 'x',
      'in/a/b/2.mp4': 'x',
      'in/.dot/3.mp4': 'x',
      'in/%2e%2e/4.mp4': 'x',
      'in2/5.mp4': 'x',
      'out/key': 'x',
      'out/in/6.mp4': 'x',
      'in/abs': '-> ROOT/out',
      'in/rel': '-> ../out',
      'in/chain': '-> rel/in',
      'in/a/up': '-> ..',
      'in/a/upup': '-> ../..',
      'in/back': '-> ../out/../in/a',
      'in/loop': '-> loop',
      'in/self': '-> .',
      'in/dangling': '-> ../out/none',
      'in/root': '-> /',
      'out/home': '-> ../in/a',
    })
    const inside = join(root, 'in')
    const source = sourceOf([inside])
    const name = fc.constantFrom(
      ...[
        'in',
        'in2',
        'out',
        'a',
        'b',
        '1.mp4',
        '2.mp4',
        'key',
        '..',
        '.',
        '',
        '%2e%2e',
        '.dot',
        'abs',
        'rel',
        'chain',
        'up',
      ],
      ...[
        'upup',
        'back',
        'loop',
        'self',
        'dangling',
        'root',
        'home',
        'none',
        'In',
        'a\0',
        '..\\',
        '\u2024\u2024',
        'etc',
        'passwd',
      ],
    )
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 8 }), fc.boolean(), async (names, fromRoot) => {
        const path = `${fromRoot ? inside : root}/${names.join('/')}`
        const explanation = await source.explainPath(path)
        const real = await realpath(path).catch(() => undefined)
        const isIn = (where: string): boolean => where === inside || where.startsWith(`${inside}/`)
        // The oracle: what the system itself says the path is.
        if (explanation.access !== 'none' && real !== undefined) {
          expect(real).toBe(explanation.canonical)
          expect(isIn(real)).toBe(true)
        }
        if (real !== undefined && isIn(real) && !names.includes('..')) expect(explanation.access).toBe('ro')
        if (explanation.access !== 'none')
          expect(relative(inside, resolve(explanation.canonical ?? '/'))).not.toMatch(/^\.\.(\/|$)/)
      }),
      { numRuns: 3000 },
    )
  })
})

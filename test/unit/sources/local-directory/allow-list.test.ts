import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllowList } from '../../../../src/sources/index.ts'

const entry = (text: string) => parseAllowList([text])[0]!

describe('an allow-list entry', () => {
  it.each([
    ['/videos', '/videos', 'ro'],
    ['/videos:ro', '/videos', 'ro'],
    ['/work:rw', '/work', 'rw'],
    ['/video_dir/**', '/video_dir', 'ro'],
    ['/video_dir/**:rw', '/video_dir', 'rw'],
    ['//videos/./gate/', '/videos/gate', 'ro'],
    ['/cams/*/today', '/cams', 'ro'],
    ['/cam:1:ro', '/cam:1', 'ro'],
    ['/cam:1/today', '/cam:1/today', 'ro'],
    ['/', '/', 'ro'],
  ])('%s has root %s and mode %s', (text, root, mode) => {
    expect(entry(text)).toMatchObject({ text, root, mode })
  })

  it.each([
    ['/videos', '', true],
    ['/videos', 'a/b/.hidden', true],
    ['/videos/**', '', true],
    ['/videos/**', 'a/b', true],
    ['/videos/**', 'line\nbreak', true],
    ['/videos/*', '', false],
    ['/videos/*', 'a', true],
    ['/videos/*', '.a', true],
    ['/videos/*', 'a/b', false],
    ['/videos/*/**', 'a', true],
    ['/videos/*/**', 'a/b/c', true],
    ['/videos/*/**', '', false],
    ['/videos/**/today', 'today', true],
    ['/videos/**/today', 'a/b/today', true],
    ['/videos/**/today', 'a/today/b', false],
    ['/videos/**/a/**/b', 'x/a/y/a/z/b', true],
    ['/videos/cam?', 'cam1', true],
    ['/videos/cam?', 'cam/', false],
    ['/videos/cam[12]', 'cam2', true],
    ['/videos/cam[!12]', 'cam2', false],
    ['/videos/cam[+-:]x:ro', 'cam/x', false],
    ['/videos/cam[+-:]x:ro', 'cam1x', true],
    ['/videos/{north,south}', 'south', true],
    ['/videos/{north,south}', 'west', false],
    ['/videos/a(1)*', 'a(1)b', true],
    ['/videos/a(1)*', 'a1b', false],
    ['/videos/a+*', 'aa', false],
    ['/videos/!a*', '!ab', true],
    [String.raw`/videos/\*`, '*', true],
    [String.raw`/videos/\*`, 'a', false],
    ['/videos/**.mp4', 'a/b.mp4', false],
  ])('%s, asked for %j below its root, says %s', (text, below, allowed) => {
    expect(entry(text).allows(below)).toBe(allowed)
  })

  it.each([
    ['', 'empty'],
    [':ro', 'empty'],
    ['videos', 'not absolute'],
    ['./videos', 'not absolute'],
    ['/videos/../etc', '..'],
    ['/videos\0', 'control character'],
    ['/videos:rx', ':rx'],
    ['/videos:', 'neither'],
    ['/videos:RO', ':RO'],
    ['/videos/[ab', 'without'],
    ['/videos/{a/b}', 'without'],
  ])('%j is refused by name: %s', (text, why) => {
    expect(() => parseAllowList(['/fine', text])).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(why) as string }),
    )
    expect(() => parseAllowList([text])).toThrow(JSON.stringify(text))
  })

  it('is at most 4096 characters long', () => {
    expect(() => entry(`/${'a'.repeat(5000)}`)).toThrow('longer than 4096')
  })

  it('lets * and ? stand for no slash, whatever the names', () => {
    const name = fc
      .stringMatching(/^[a-z.*?[\]{}()!+@|^$-]{1,8}$/)
      .filter((text) => text !== '.' && text !== '..')
    const glob = fc.constantFrom('*', 'a*', '*a', '?', 'a?b', '[a-z]*', '[!x]*', '{a,b}*', '*[^b]')
    fc.assert(
      fc.property(
        fc.array(glob, { minLength: 1, maxLength: 4 }),
        fc.array(name, { maxLength: 6 }),
        (globs, names) => {
          if (entry(`/videos/${globs.join('/')}`).allows(names.join('/')))
            expect(names).toHaveLength(globs.length)
        },
      ),
    )
  })
})

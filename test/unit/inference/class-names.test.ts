import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClassNames } from '../../../src/inference/model/class-names.ts'

/** As Python’s repr prints a string. */
function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote
}

describe('class names', () => {
  it('are read from a Python dict', () => {
    expect(parseClassNames(`{0: 'person', 1: "dog's bed", 2: 'r\\u00e9seau \\x41'}`)).toEqual([
      'person',
      "dog's bed",
      'réseau A',
    ])
  })

  it('are read from a dict in any order of keys', () => {
    expect(parseClassNames(`{1: 'b', 0: 'a'}`)).toEqual(['a', 'b'])
  })

  it('are read from a list with a trailing comma', () => {
    expect(parseClassNames(`['a', "b",]`)).toEqual(['a', 'b'])
  })

  it.each([
    '',
    'person, dog',
    `{0: 'a', 2: 'c'}`,
    `{0: 'a', 0: 'b'}`,
    `{'0': 'a'}`,
    `{0: a}`,
    `{0: 'a'`,
    `{0: 'a'} + x`,
    `{0: 'a' 1: 'b'}`,
    `['a' 'b']`,
    `[__import__('os')]`,
    `{0: '\\q'}`,
    `{0: 'a\\U00110000'}`,
    `{0: 'a`,
  ])('refuse %j', (text) => {
    expect(parseClassNames(text)).toBeUndefined()
  })

  it('survive the way through Python’s repr', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), (names) => {
        const clean = names.filter((name) => !/[\p{Cc}\u2028\u2029]/u.test(name))
        const dict = `{${clean.map((name, id) => `${id}: ${repr(name)}`).join(', ')}}`
        expect(parseClassNames(dict)).toEqual(clean)
        expect(parseClassNames(`[${clean.map(repr).join(', ')}]`)).toEqual(clean)
      }),
    )
  })

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('{', '[', ''), (text, opening) => {
        const names = parseClassNames(opening + text)
        expect(names === undefined || names.every((name) => typeof name === 'string')).toBe(true)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failingTerm, parseSelector } from '../../../src/domain/index.ts'

const matches = (selector: string, labels: Record<string, string>): boolean =>
  failingTerm(parseSelector(selector), labels) === undefined

describe('a selector', () => {
  it.each([
    ['', {}, true],
    ['site=north', { site: 'north' }, true],
    ['site==north', { site: 'south' }, false],
    ['site = north , camera', { site: 'north', camera: '' }, true],
    ['camera', {}, false],
    ['site!=north', {}, true],
    ['site!=north', { site: 'north' }, false],
    ['site in (north, south)', { site: 'south' }, true],
    ['site in (north,south)', {}, false],
    ['site notin (north),camera in (gate)', { camera: 'gate' }, true],
    ['constructor', {}, false],
  ])('%j against %j is %j', (selector, labels, expected) => {
    expect(matches(selector, labels)).toBe(expected)
  })

  it.each(['=north', 'site=', 'a b', 'site in north', 'site in (a', 'site>3', 'a,,=b'])(
    '%j is read or refused by name',
    (selector) => {
      try {
        parseSelector(selector)
      } catch (error) {
        expect(error).toMatchObject({
          code: 'spec_invalid',
          message: expect.stringContaining('selector') as unknown,
        })
      }
    },
  )

  it('ends on any text, by a result or by spec_invalid', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        try {
          expect(Array.isArray(parseSelector(text))).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ code: 'spec_invalid' })
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffSpecs, parseJobSpec } from '../../../src/domain/index.ts'

const noop = { apiVersion: 'edge/v1', engine: { type: 'noop' } } as const
const inputs = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({
    source: { type: 'localDirectory', path: '/v' },
    target: `/t${String(index)}`,
  }))

describe('the difference of two specs', () => {
  it('is none between a field left out and its default', () => {
    expect(diffSpecs(parseJobSpec(noop), parseJobSpec({ ...noop, count: 1, type: 'batch' }))).toEqual([])
  })

  it('names each field once, sorted, with both values or the one there is', () => {
    const before = parseJobSpec({ ...noop, labels: { a: '1', b: '2' }, priority: 3 })
    const after = parseJobSpec({ ...noop, labels: { b: '3', c: '4' }, name: 'x', selector: 'a=b' })
    expect(diffSpecs(before, after)).toEqual([
      { path: 'labels.a', before: '1' },
      { path: 'labels.b', before: '2', after: '3' },
      { path: 'labels.c', after: '4' },
      { path: 'name', after: 'x' },
      { path: 'priority', before: 3, after: 0 },
      { path: 'selector', before: '', after: 'a=b' },
    ])
  })

  it('counts in lists: 2 comes before 10', () => {
    const paths = diffSpecs(
      parseJobSpec({ ...noop, inputs: inputs(2) }),
      parseJobSpec({ ...noop, inputs: inputs(12) }),
    )
    expect(paths.map(({ path }) => path)).toEqual(
      Array.from({ length: 10 }, (_, index) => `inputs.${String(index + 2)}`),
    )
  })

  it('is the same with its sides turned round', () => {
    const spec = fc
      .record({
        name: fc.constantFrom('a', 'b'),
        labels: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('1', '2')),
        inputs: fc.nat(3).map(inputs),
      })
      .map((fields) => parseJobSpec({ ...noop, ...fields }))
    fc.assert(
      fc.property(spec, spec, (before, after) => {
        const turned = diffSpecs(after, before).map(({ path, ...sides }) => ({
          path,
          ...('after' in sides ? { before: sides.after } : {}),
          ...('before' in sides ? { after: sides.before } : {}),
        }))
        expect(diffSpecs(before, after)).toEqual(turned)
        expect(diffSpecs(before, before)).toEqual([])
      }),
    )
  })
})

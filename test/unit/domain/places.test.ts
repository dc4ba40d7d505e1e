import { describe, expect, it } from 'vitest'
import { checkJobSpec, placeClashes } from '../../../src/domain/index.ts'

describe('places in the work’s file system', () => {
  it.each([
    [['/videos', '/videos2', '/a/b', '/a/c'], []],
    [['/videos', '/./videos//'], ['/./videos//']],
    [
      ['/a', '/b', '/b/c', '/'],
      ['/b/c', '/'],
    ],
    [['//', '/x'], ['//']],
  ])('of %j hide one another at %j', (paths, clashing) => {
    const found = [...placeClashes(paths.map((path) => ({ path })))]
    expect(found.map(({ place }) => place.path)).toEqual(clashing)
  })

  it('are told at submission as the node would see them', () => {
    const source = { type: 'localDirectory', path: '/x' }
    const inputs = ['/a/b', '/a//b', '/.'].map((target) => ({ source, target }))
    const checked = checkJobSpec({ apiVersion: 'edge/v1', engine: { type: 'noop' }, inputs })
    expect(checked).toMatchObject({
      ok: false,
      problems: [
        { path: 'inputs.1.target', message: '/a/b overlaps inputs.0.target' },
        { path: 'inputs.2.target', message: '/ is the root folder' },
      ],
    })
  })
})

import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { drawPolicy } from '../../../scripts/policy-pictures.ts'
import { SignificancePolicy } from '../../../src/domain/index.ts'

describe('the picture of a policy', () => {
  const polygon = [
    [0, 0],
    [0.5, 0],
    [0.5, 0.5],
  ]
  const policy = SignificancePolicy.parse({
    anchor: 'centre',
    zones: [{ name: 'door', polygon }],
    masks: [{ name: 'tree', polygon }],
    lines: [{ name: 'gate', from: [0, 0.5], to: [1, 0.5] }],
  })

  it('shows every place by name, and the way of every object', () => {
    const path = [
      { seconds: 0, score: 0.5, box: [0.25, 0.5, 0.1, 0.1] as const },
      { seconds: 1, score: 0.5, box: [0.5, 0.75, 0.1, 0.1] as const },
    ].map((point) => ({ ...point, box: [...point.box] as [number, number, number, number] }))
    const svg = drawPolicy({ picture: { width: 16, height: 9 }, policy, visits: [], others: [{ path }] })
    for (const words of ['zone door', 'mask tree', 'line gate', '160.0,180.0 320.0,270.0'])
      expect(svg).toContain(words)
  })

  it.each(['lobby', 'car-park'])('is in the documentation, without footage: %s', async (name) => {
    const svg = await readFile(new URL(`../../../docs/pictures/${name}.svg`, import.meta.url), 'utf8')
    expect(svg).toMatch(/^<svg /)
    expect(svg).not.toMatch(/<image|data:/)
  })
})

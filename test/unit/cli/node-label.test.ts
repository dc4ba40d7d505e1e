import { describe, expect, it } from 'vitest'
import { labelChanges } from '../../../src/cli/commands/node-label.ts'

describe('the words of edge node label', () => {
  it('set labels, empty ones too, and take them away', () => {
    expect(labelChanges(['site=north', 'note=', 'camera-', 'a=b=c', 'x-=y'])).toEqual({
      site: 'north',
      note: '',
      camera: null,
      a: 'b=c',
      'x-': 'y',
    })
  })

  it.each(['site', '=north', '-', ''])('refuse %j', (word) => {
    expect(() => labelChanges([word])).toThrow(/is no label/)
  })
})

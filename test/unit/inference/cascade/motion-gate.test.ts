import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brightnessOf, changeBetween } from '../../../../src/inference/cascade/motion-gate.ts'

const shape = { width: 640, height: 384, pixelFormat: 'yuv420p' } as const

/** A grey frame, with a rectangle of another brightness. */
function frame({ grey = 100, box = [0, 0, 0, 0], value = 200 } = {}): Uint8Array {
  const data = new Uint8Array((shape.width * shape.height * 3) / 2).fill(grey)
  const [left = 0, top = 0, width = 0, height = 0] = box
  for (let y = top; y < top + height; y++)
    data.fill(value, y * shape.width + left, y * shape.width + left + width)
  return data
}

const change = (before: Uint8Array, after: Uint8Array) =>
  changeBetween(brightnessOf(before, shape), brightnessOf(after, shape))

describe('the motion gate', () => {
  it('takes the mean of the luma of 4x4 pixels and leaves colour out', () => {
    const data = frame({ box: [4, 0, 2, 4], value: 180 })
    data.fill(7, shape.width * shape.height)
    const { columns, rows, cells } = brightnessOf(data, shape)
    expect([columns, rows]).toEqual([160, 96])
    expect([...cells.slice(0, 3)]).toEqual([100, 140, 100])
    expect(cells.slice(3).every((cell) => cell === 100)).toBe(true)
  })

  it('is closed for the same picture, and for noise below its threshold', () => {
    expect(change(frame(), frame())).toBe('none')
    expect(change(frame(), frame({ grey: 110 }))).toBe('none')
  })

  it('is closed for cells that change alone', () => {
    const speckled = frame()
    for (let at = 0; at < 40; at++)
      for (let line = 0; line < 4; line++)
        speckled.fill(
          255,
          (at * 8 + line) * shape.width + at * 12,
          (at * 8 + line) * shape.width + at * 12 + 4,
        )
    expect(change(frame(), speckled)).toBe('none')
  })

  it('opens for an object of 12x12 pixels wherever it is', () => {
    const place = fc.record({
      left: fc.integer({ min: 0, max: shape.width - 12 }),
      top: fc.integer({ min: 0, max: shape.height - 12 }),
    })
    fc.assert(
      fc.property(place, ({ left, top }) => {
        expect(change(frame(), frame({ box: [left, top, 12, 12] }))).toBe('motion')
      }),
      { numRuns: 60 },
    )
  })

  it('tells another scene from motion, in whatever direction it becomes brighter', () => {
    expect(change(frame(), frame({ grey: 130 }))).toBe('scene')
    expect(change(frame({ grey: 130 }), frame())).toBe('scene')
  })
})

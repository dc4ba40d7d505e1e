import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { letterbox } from '../../../src/media/index.ts'

const side = fc.integer({ min: 1, max: 20_000 })
const frameSide = fc.integer({ min: 1, max: 64 }).map((blocks) => blocks * 32)

describe('letterbox', () => {
  it('lays the picture inside the frame, on even pixels, touching two sides', () => {
    fc.assert(
      fc.property(side, side, frameSide, frameSide, (width, height, frameWidth, frameHeight) => {
        const box = letterbox({ width, height }, { width: frameWidth, height: frameHeight })
        for (const value of [box.padX, box.padY, box.scaledWidth, box.scaledHeight]) expect(value % 2).toBe(0)
        expect(box.scaledWidth).toBeGreaterThanOrEqual(2)
        expect(box.scaledHeight).toBeGreaterThanOrEqual(2)
        expect(box.padX + box.scaledWidth).toBeLessThanOrEqual(frameWidth)
        expect(box.padY + box.scaledHeight).toBeLessThanOrEqual(frameHeight)
        expect(box.scaledWidth === frameWidth || box.scaledHeight === frameHeight).toBe(true)
      }),
    )
  })

  it('keeps the shape to a pixel and the picture in the middle', () => {
    fc.assert(
      fc.property(side, side, frameSide, frameSide, (width, height, frameWidth, frameHeight) => {
        const box = letterbox({ width, height }, { width: frameWidth, height: frameHeight })
        expect(Math.abs(box.scaledWidth - Math.max(2, width * box.scale))).toBeLessThanOrEqual(1.001)
        expect(Math.abs(box.scaledHeight - Math.max(2, height * box.scale))).toBeLessThanOrEqual(1.001)
        expect(Math.abs(frameWidth - box.scaledWidth - 2 * box.padX)).toBeLessThanOrEqual(2)
        expect(Math.abs(frameHeight - box.scaledHeight - 2 * box.padY)).toBeLessThanOrEqual(2)
      }),
    )
  })

  it('maps a box there and back to within a pixel of the frame', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 32, max: 8000 }),
        fc.integer({ min: 32, max: 8000 }),
        unit,
        (width, height, at) => {
          const box = letterbox({ width, height }, { width: 640, height: 384 })
          const inFrame = box.padX + at * box.scaledWidth
          const back = ((inFrame - box.padX) / box.scaledWidth) * width
          expect(Math.abs(back - at * width)).toBeLessThanOrEqual(1e-6 * width)
          expect(inFrame).toBeLessThanOrEqual(640)
        },
      ),
    )
  })

  it('gives the geometry that YOLOv5 has for 768x432 in 640x384', () => {
    expect(letterbox({ width: 768, height: 432 }, { width: 640, height: 384 })).toMatchObject({
      scaledWidth: 640,
      scaledHeight: 360,
      padX: 0,
      padY: 12,
    })
  })

  it('refuses a frame with an odd side and a video without a picture', () => {
    expect(() => letterbox({ width: 10, height: 10 }, { width: 641, height: 384 })).toThrow(RangeError)
    expect(() => letterbox({ width: 0, height: 10 }, { width: 640, height: 384 })).toThrow(RangeError)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gbrToRgbFloat } from '../../../src/inference/detector/frame-to-tensor.ts'
import { mapBoxes } from '../../../src/inference/detector/map-boxes.ts'
import {
  intersectionOverUnion,
  suppressOverlaps,
} from '../../../src/inference/detector/non-max-suppression.ts'
import { readBoxes } from '../../../src/inference/detector/read-boxes.ts'
import type { PixelBox } from '../../../src/inference/detector/read-boxes.ts'

const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }

describe('frames', () => {
  it('become planes of red, green and blue in 0..1', () => {
    const tensor = new Float32Array(6)
    gbrToRgbFloat(Uint8Array.of(0, 51, 102, 153, 204, 255), tensor)
    expect([...tensor].map((value) => Math.round(value * 255))).toEqual([204, 255, 0, 51, 102, 153])
    expect(Math.max(...tensor)).toBe(1)
  })

  it('of another size than the model’s are refused', () => {
    expect(() => {
      gbrToRgbFloat(new Uint8Array(3), new Float32Array(6))
    }).toThrow(/3 bytes where 6/)
  })
})

describe('reading the output', () => {
  it('gives the best class of each row above the threshold', () => {
    const output = Float32Array.of(
      ...[100, 50, 20, 10, 0.9, 0.1, 0.8],
      ...[100, 50, 20, 10, 0.2, 1, 1],
      ...[100, 50, 20, 10, 0.5, 0.4, 0.3],
    )
    const boxes = readBoxes(output, 2, filter)
    expect(boxes).toHaveLength(1)
    expect(boxes[0]).toMatchObject({ left: 90, top: 45, right: 110, bottom: 55, classId: 1 })
    expect(boxes[0]?.score).toBeCloseTo(0.72, 6)
  })

  it('leaves out classes that are not wanted', () => {
    const output = Float32Array.of(100, 50, 20, 10, 0.9, 0.1, 0.8)
    expect(readBoxes(output, 2, { ...filter, classIds: [0] })).toEqual([])
    expect(readBoxes(output, 2, { ...filter, classIds: [1] })).toHaveLength(1)
  })

  it.each([
    ['objectness', 4, Number.NaN],
    ['objectness', 4, Number.POSITIVE_INFINITY],
    ['objectness', 4, 7.5],
    ['class score', 6, Number.NaN],
    ['class score', 5, -3],
    ['coordinate', 0, Number.NaN],
    ['coordinate', 3, Number.NEGATIVE_INFINITY],
  ])('is an error, not “nothing”, when a %s (column %i) is %d', (what, column, value) => {
    const output = Float32Array.of(100, 50, 20, 10, 0.9, 0.1, 0.8)
    output[column] = value
    expect(() => readBoxes(output, 2, filter)).toThrow(new RegExp(what))
  })
})

const pixelBox = fc
  .record({
    left: fc.integer({ min: 0, max: 60 }),
    top: fc.integer({ min: 0, max: 60 }),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    score: fc.integer({ min: 1, max: 1000 }),
    classId: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ left, top, width, height, score, classId }): PixelBox => ({
    left,
    top,
    right: left + width,
    bottom: top + height,
    score: score / 1000,
    classId,
  }))

describe('non-maximum suppression', () => {
  it('keeps the best of overlapping boxes of one class, and boxes of other classes', () => {
    const box = { left: 0, top: 0, right: 10, bottom: 10, score: 0.5, classId: 0 }
    const better = { ...box, left: 1, score: 0.9 }
    const other = { ...box, classId: 1 }
    expect(suppressOverlaps([box, better, other], filter)).toEqual([better, other])
  })

  it('leaves no two boxes of one class that overlap too much, and drops none without such a rival', () => {
    fc.assert(
      fc.property(fc.array(pixelBox, { maxLength: 40 }), (boxes) => {
        const kept = suppressOverlaps(boxes, filter)
        for (const box of boxes) {
          const rivals = kept.filter(
            (rival) =>
              rival !== box &&
              rival.classId === box.classId &&
              intersectionOverUnion(rival, box) > filter.iouThreshold,
          )
          if (kept.includes(box)) expect(rivals).toEqual([])
          else expect(rivals.some(({ score }) => score >= box.score)).toBe(true)
        }
        expect(kept.map(({ score }) => score)).toEqual(kept.map(({ score }) => score).sort((a, b) => b - a))
      }),
    )
  })

  it('gives no more than it may', () => {
    fc.assert(
      fc.property(fc.array(pixelBox), fc.integer({ min: 1, max: 5 }), (boxes, maxDetections) => {
        const all = suppressOverlaps(boxes, filter)
        expect(suppressOverlaps(boxes, { ...filter, maxDetections })).toEqual(all.slice(0, maxDetections))
      }),
    )
  })
})

describe('boxes in the picture', () => {
  const area = { padX: 0, padY: 140, scaledWidth: 640, scaledHeight: 360 }

  it('are fractions of the picture without the letterbox', () => {
    const [detection] = mapBoxes(Float64Array.of(160, 230, 480, 410, 0.5, 3), area)
    expect(detection).toEqual({ classId: 3, score: 0.5, box: [0.5, 0.5, 0.5, 0.5] })
  })

  it('are cut off at its edges, and left out beyond them', () => {
    const [detection] = mapBoxes(Float64Array.of(-10, 100, 64, 176, 0.5, 0), area)
    expect(detection?.box.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([0.05, 0.05, 0.1, 0.1])
    expect(mapBoxes(Float64Array.of(10, 10, 600, 139, 0.5, 0), area)).toEqual([])
  })
})

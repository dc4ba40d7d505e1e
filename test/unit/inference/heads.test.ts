import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBoxes } from '../../../src/inference/detector/read-boxes.ts'
import { readHeads } from '../../../src/inference/detector/read-heads.ts'
import type { HeadMap } from '../../../src/inference/detector/read-heads.ts'
import { footageShape } from '../../../src/inference/model/footage-shape.ts'

const classes = 2
const level = {
  name: 'head-8',
  stride: 8,
  rows: 2,
  columns: 3,
  anchors: [
    [10, 20],
    [30, 40],
  ] as const,
}
const cells = level.rows * level.columns
const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }

const mapOf = (data: Float32Array): HeadMap => ({ ...level, data })
const silent = (): Float32Array => new Float32Array(2 * (5 + classes) * cells).fill(-20)
const at = (anchor: number, plane: number, cell: number): number =>
  (anchor * (5 + classes) + plane) * cells + cell
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

/** The rows that export.py’s decoding makes of a map (models/yolo.py of YOLOv5 7.0, Detect.forward). */
function decodedRows(data: Float32Array): Float32Array {
  const rows: number[] = []
  for (const [anchor, [width, height]] of level.anchors.entries())
    for (let cell = 0; cell < cells; cell++) {
      const y = Array.from({ length: 5 + classes }, (_, plane) => sigmoid(data[at(anchor, plane, cell)]!))
      rows.push((y[0]! * 2 + (cell % 3) - 0.5) * 8, (y[1]! * 2 + Math.floor(cell / 3) - 0.5) * 8)
      rows.push((y[2]! * 2) ** 2 * width, (y[3]! * 2) ** 2 * height, ...y.slice(4))
    }
  return Float32Array.from(rows)
}

describe('raw head maps', () => {
  it('give the boxes that the decoded output gives', () => {
    const numbers = fc.array(fc.float({ min: -6, max: 6, noNaN: true }), { minLength: 84, maxLength: 84 })
    fc.assert(
      fc.property(numbers, fc.constantFrom(0, 0.05, 0.3), (values, scoreThreshold) => {
        const data = Float32Array.from(values)
        const wish = { ...filter, scoreThreshold }
        const [ours, theirs] = [
          readHeads([mapOf(data)], classes, wish),
          readBoxes(decodedRows(data), classes, wish),
        ]
        // Scores at the threshold itself may fall to either side.
        const sure = (boxes: typeof ours): typeof ours =>
          boxes.filter(({ score }) => Math.abs(score - scoreThreshold) > 1e-5)
        expect(sure(ours).length).toBe(sure(theirs).length)
        for (const [index, box] of sure(ours).entries()) {
          const other = sure(theirs)[index]!
          expect(box.score).toBeCloseTo(other.score, 4)
          for (const side of ['left', 'top', 'right', 'bottom'] as const)
            expect(box[side]).toBeCloseTo(other[side], 2)
        }
      }),
    )
  })

  it('are nothing where nothing is', () => {
    expect(readHeads([mapOf(silent())], classes, filter)).toEqual([])
  })

  it('give only the wanted classes', () => {
    const data = silent()
    for (const [cell, id] of [0, 1].entries()) {
      data[at(0, 4, cell)] = 9
      data[at(0, 5 + id, cell)] = 9
    }
    expect(readHeads([mapOf(data)], classes, filter).map(({ classId }) => classId)).toEqual([0, 1])
    expect(
      readHeads([mapOf(data)], classes, { ...filter, classIds: [1] }).map(({ classId }) => classId),
    ).toEqual([1])
  })

  it.each([
    ['objectness', 4, NaN],
    ['objectness', 4, Infinity],
    ['class score', 5, NaN],
    ['coordinate', 2, Infinity],
  ])('with a %s (plane %d) of %d are an error, not nothing', (what, plane, value) => {
    const data = silent()
    data[at(1, 4, 2)] = 9
    data[at(1, 5, 2)] = 9
    data[at(1, plane, 2)] = value
    expect(() => readHeads([mapOf(data)], classes, filter)).toThrow(what)
  })
})

describe('the frames for footage', () => {
  it.each([
    [1920, 1080, 32, '640x384'],
    [1280, 720, 64, '1280x768'],
    [720, 480, 32, '640x448'],
    [768, 576, 32, '640x480'],
    [1080, 1920, 32, '384x640'],
    [640, 640, 32, '640x640'],
    [106, 60, 32, '640x384'],
    [4000, 10, 32, '640x32'],
  ])('of %dx%d for a stride of %d are %s', (width, height, stride, expected) => {
    const shape = footageShape({ width, height }, stride)
    expect(`${shape.width}x${shape.height}`).toBe(expected)
    expect(shape.pixelFormat).toBe('yuv420p')
  })

  it.each([
    [32, 1280, 736],
    [32, 320, 192],
    [64, 640, 384],
    [64, 1920, 1088],
  ])('of 1920x1080 for a stride of %d at %d pixels are %d high', (stride, longest, height) => {
    const shape = footageShape({ width: 1920, height: 1080 }, stride, longest)
    expect(shape).toMatchObject({ width: longest, height })
  })

  it('are as long as was asked, else as the model was made for, and multiples of the stride', () => {
    const side = fc.integer({ min: 1, max: 20_000 })
    const multiple = fc.option(fc.integer({ min: 1, max: 32 }), { nil: undefined })
    fc.assert(
      fc.property(
        ...[side, side, fc.constantFrom(8, 32, 64, 128), multiple],
        (width, height, stride, times) => {
          const asked = times === undefined ? undefined : times * stride
          const shape = footageShape({ width, height }, stride, asked)
          expect(shape.width % stride).toBe(0)
          expect(shape.height % stride).toBe(0)
          expect(Math.max(shape.width, shape.height)).toBe(asked ?? (stride < 64 ? 640 : 1280))
          expect(Math.min(shape.width, shape.height)).toBeGreaterThanOrEqual(stride)
        },
      ),
    )
  })
})

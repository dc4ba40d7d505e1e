import { describe, expect, it } from 'vitest'
import { compareDetections } from '../../../src/inference/calibration/agreement.ts'
import type { Detection } from '../../../src/inference/detector/index.ts'

const at = (x: number, score = 0.5, classId = 0): Detection => ({ classId, score, box: [x, 0.5, 0.2, 0.2] })

describe('compareDetections', () => {
  it('counts boxes of one class that overlap by half, and how their scores differ', () => {
    const float = [at(0.2, 0.5), at(0.6, 0.8)]
    const int8 = [at(0.21, 0.4), at(0.6, 0.8, 1)]
    expect(compareDetections([{ float, int8 }])).toEqual({
      frames: 1,
      floatBoxes: 2,
      int8Boxes: 2,
      recall: 0.5,
      precision: 0.5,
      scoreDifference: expect.closeTo(0.1, 9) as number,
    })
  })

  it('gives each box one partner at most, the one that overlaps most', () => {
    const found = compareDetections([{ float: [at(0.2, 0.5)], int8: [at(0.23, 0.9), at(0.2, 0.6)] }])
    expect(found).toMatchObject({ recall: 1, precision: 0.5 })
    expect(found.scoreDifference).toBeCloseTo(0.1, 9)
  })

  it('does not look across frames', () => {
    const frames = [
      { float: [at(0.2)], int8: [] },
      { float: [], int8: [at(0.2)] },
    ]
    expect(compareDetections(frames)).toMatchObject({ frames: 2, recall: 0, precision: 0 })
  })

  it('claims nothing without boxes', () => {
    expect(compareDetections([{ float: [], int8: [] }])).toMatchObject({
      recall: null,
      precision: null,
      scoreDifference: null,
    })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteScale } from '../../../../src/inference/quantise/activation-range.ts'
import { quantiseWeights } from '../../../../src/inference/quantise/quantise-weights.ts'

const float = (bound: number) => fc.double({ min: -bound, max: bound, noNaN: true }).map(Math.fround)

describe('byteScale', () => {
  it('holds 0 exactly and every number of the range within half a step and the rounding of zero', () => {
    fc.assert(
      fc.property(float(1e4), float(1e4), fc.double({ min: 0, max: 1, noNaN: true }), (a, b, part) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const { scale, zero } = byteScale({ min, max })
        fc.pre(scale > 1e-30)
        expect(Number.isInteger(zero) && zero >= 0 && zero <= 255).toBe(true)
        const value = min + part * (max - min)
        const byte = Math.min(255, Math.max(0, Math.round(value / scale) + zero))
        expect(Math.abs((byte - zero) * scale - value)).toBeLessThanOrEqual(1.001 * scale)
      }),
    )
  })

  it('reaches from 0 where all numbers lie on one side', () => {
    expect(byteScale({ min: 1, max: 255 })).toEqual({ scale: 1, zero: 0 })
    expect(byteScale({ min: -255, max: -1 })).toEqual({ scale: 1, zero: 255 })
    expect(byteScale({ min: 0, max: 0 })).toEqual({ scale: 1, zero: 0 })
  })
})

describe('quantiseWeights', () => {
  it('keeps each weight within half a step of its own channel', () => {
    const weights = Float32Array.of(0.6, -1, 0.25, 100, -60, 25)
    const { weights: bytes, scales, bias } = quantiseWeights(weights, Float32Array.of(1, -2), 0.5)
    expect([...bytes]).toEqual([76, -127, 32, 127, -76, 32])
    expect(scales[0]).toBeCloseTo(1 / 127, 6)
    expect(scales[1]).toBeCloseTo(100 / 127, 6)
    expect([...bias]).toEqual([Math.round(127 / 0.5), Math.round(-2 / (0.5 * (100 / 127)))])
  })

  it('coarsens a channel whose bias would not fit, and takes channels without weights', () => {
    const { weights, scales, bias } = quantiseWeights(new Float32Array(4), Float32Array.of(1e6, 0), 1e-6)
    expect([...weights]).toEqual([0, 0, 0, 0])
    expect(scales[1]).toBe(1)
    expect(bias[0]! * scales[0]! * 1e-6).toBeCloseTo(1e6, 0)
    expect(bias[0]).toBeLessThan(2 ** 30 + 1000)
  })

  it('never leaves the bytes', () => {
    fc.assert(
      fc.property(fc.array(float(1e3), { minLength: 1 }), float(1e3), (list, bias) => {
        const { weights, scales } = quantiseWeights(Float32Array.from(list), Float32Array.of(bias), 0.01)
        for (const [at, weight] of list.entries()) {
          const step = scales[0]!
          expect(Math.abs(weights[at]! * step - weight)).toBeLessThanOrEqual(0.5001 * step)
        }
      }),
    )
  })
})

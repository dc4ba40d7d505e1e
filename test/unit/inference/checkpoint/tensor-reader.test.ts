import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PickledStorage, PickledTensor } from '../../../../src/inference/checkpoint/pickle-values.ts'
import type { ElementType } from '../../../../src/inference/checkpoint/pickle-values.ts'
import { TensorReader } from '../../../../src/inference/checkpoint/tensor-reader.ts'

interface View {
  readonly count: number
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly offset?: number
  readonly elementType?: ElementType
}

function read(data: Buffer, { count, size, stride, offset = 0, elementType = 'Float' }: View): number[] {
  const reader = new TensorReader(new Map([['archive/data/0', data]]), 'archive/')
  const storage = new PickledStorage(elementType, '0', count)
  return [...reader.read(new PickledTensor({ storage, offset, size, stride }))]
}

const floats = Buffer.from(Float32Array.from({ length: 24 }, (_, index) => index).buffer)

describe('the tensor reader', () => {
  it('reads any half-precision number as the platform does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 1 }), (numbers) => {
        const data = Buffer.from(Uint16Array.from(numbers).buffer)
        const expected = numbers.map((_, index) =>
          new DataView(data.buffer, data.byteOffset).getFloat16(2 * index, true),
        )
        expect(
          read(data, { count: numbers.length, size: [numbers.length], stride: [1], elementType: 'Half' }),
        ).toEqual(expected)
      }),
    )
  })

  it('reads views that do not lie as their numbers do', () => {
    expect(read(floats, { count: 24, offset: 1, size: [2, 3], stride: [1, 2] })).toEqual([1, 3, 5, 2, 4, 6])
    expect(read(floats, { count: 24, size: [2, 1, 2], stride: [12, 99, 1] })).toEqual([0, 1, 12, 13])
    expect(read(floats, { count: 24, offset: 5, size: [], stride: [] })).toEqual([5])
  })

  it('does not read a view of more numbers than there are', () => {
    expect(() => read(floats, { count: 24, size: [1000, 1000], stride: [0, 0] })).toThrow(
      /1000000 numbers, but data for 24/,
    )
  })

  it('says that data is missing, or of another length than was announced', () => {
    expect(() => read(floats, { count: 25, size: [25], stride: [1] })).toThrow(/96 bytes, not 25 Float/)
    const storage = new PickledStorage('Float', '1', 24)
    const reader = new TensorReader(new Map([['archive/data/0', floats]]), 'archive/')
    expect(() => reader.read(new PickledTensor({ storage, offset: 0, size: [1], stride: [1] }))).toThrow(
      /\(1\) is not in it/,
    )
  })

  it('does not take whole numbers for weights', () => {
    expect(() => read(floats, { count: 12, size: [1], stride: [1], elementType: 'Long' })).toThrow(
      /type Long/,
    )
  })
})

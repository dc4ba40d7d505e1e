import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openModel } from '../../../src/inference/model/index.ts'
import { readOnnx } from '../../../src/inference/model/onnx-file.ts'
import { measureTensor } from '../../../src/inference/model/onnx-sizes.ts'
import { message, onnxBytes, tensorValue } from '../../support/onnx-bytes.ts'
import type { Field } from '../../support/onnx-bytes.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

type Fields = readonly Field[]

async function opened(bytes: Uint8Array): Promise<unknown> {
  const path = join(await tempDir(), 'model.onnx')
  await writeFile(path, bytes)
  return openModel(path)
}

/** A TensorProto called w of float32, unless told otherwise. */
const tensor = (dims: readonly number[], data: Fields, type = 1): Buffer =>
  message(...dims.map((dim): Field => [1, dim]), [2, type], [8, 'w'], ...data)
const raw = (bytes: number): Fields => [[9, Buffer.alloc(bytes)]]
const constant = (value: Buffer): Buffer =>
  message([2, 'c'], [4, 'Constant'], [5, message([1, 'value'], [5, value])])

describe('an ONNX file', () => {
  const sparseOf = (dim: number): Buffer => message([1, tensor([1], raw(4))], [3, dim])
  const identity = message([1, 'images'], [2, 'output0'], [4, 'Identity'])
  it.each<[string, Uint8Array, RegExp]>([
    [
      'a negative dimension of its input',
      onnxBytes({ inputs: [tensorValue('images', 1, [1, 3, -64, 64])] }),
      /its input "images" has the shape \[1, 3, -64, 64\], with a negative dimension/,
    ],
    [
      'an input of more than 1 GiB',
      onnxBytes({ inputs: [tensorValue('images', 1, [1, 3, 65_536, 65_536])] }),
      /its input "images" .* takes 48\.0 GiB; 1 GiB is the most/,
    ],
    [
      'an output of more than 1 GiB',
      onnxBytes({ outputs: [tensorValue('output0', 1, [1, 252, 2 ** 40])] }),
      /its output "output0" .* GiB; 1 GiB is the most/,
    ],
    [
      'an output that nobody asked for',
      onnxBytes({
        outputs: [tensorValue('output0', 1, [1, 252, 7]), tensorValue('more', 1, [2 ** 31, 2 ** 31, 9])],
      }),
      /its output "more"/,
    ],
    [
      'a weight that claims more than the file has',
      onnxBytes({ initializers: [tensor([1000, 1000], raw(16))] }),
      /its tensor "w" has the shape \[1000, 1000\], which takes 4000000 bytes, but 16 bytes of data/,
    ],
    [
      'a weight with less shape than data',
      onnxBytes({ initializers: [tensor([2], raw(16))] }),
      /takes 8 bytes/,
    ],
    ['a weight of no data', onnxBytes({ initializers: [tensor([1], [])] }), /takes 4 bytes, but 0 bytes/],
    [
      'a weight with a negative dimension',
      onnxBytes({ initializers: [tensor([-4], raw(16))] }),
      /tensor "w" has the shape \[-4\], with a negative/,
    ],
    [
      'a weight whose shape overflows',
      onnxBytes({ initializers: [tensor([2 ** 50, 2 ** 50, 2 ** 50], raw(16))] }),
      /GiB; 1 GiB is the most/,
    ],
    [
      'a constant in a node that claims too much',
      onnxBytes({ nodes: [constant(tensor([9], [[4, Buffer.alloc(8)]])), identity] }),
      /takes 36 bytes, but 8 bytes of data/,
    ],
    [
      'a sparse tensor that the runtime would make whole',
      onnxBytes({
        nodes: [
          message([2, 'c'], [4, 'Constant'], [5, message([1, 'sparse_value'], [22, sparseOf(2 ** 40)])]),
          identity,
        ],
      }),
      /its sparse tensor .* GiB/,
    ],
  ])('with %s is refused by name', async (_what, bytes, found) => {
    await expect(opened(bytes)).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringMatching(found) as string,
    })
  })

  it('with shapes for values inside it is read, and refused when one is absurd', async () => {
    const withValue = (dims: readonly number[]): Buffer =>
      onnxBytes({ values: [tensorValue('inner', 1, dims)] })
    await expect(opened(withValue([1, 16, 32, 32]))).resolves.toMatchObject({ kind: 'onnx' })
    await expect(opened(withValue([1, 2 ** 20, 2 ** 20]))).rejects.toMatchObject({
      message: expect.stringContaining('its value "inner"') as string,
    })
  })

  it('with two graphs is refused: a reader may see either, or both as one', async () => {
    const foreign = message([7, message([1, message([4, 'FusedConv'], [7, 'com.example'])])])
    await expect(opened(Buffer.concat([foreign, onnxBytes()]))).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('more than one graph') as string,
    })
  })

  it('that export.py wrote has no absurdity, and its weights are counted', async () => {
    const model = await openModel(samplePath('models/yolov5n.onnx'))
    // 1,867,405 of the fused model, and the grids that export writes beside them
    expect(model.parameters).toBeGreaterThan(1_867_405)
    expect(model.parameters).toBeLessThan(2_000_000)
    await expect(openModel(samplePath('models/yolov5n.onnx'), { imageSize: 640 })).resolves.toBeDefined()
    await expect(openModel(samplePath('models/yolov5n.onnx'), { imageSize: 320 })).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('exported for 640x640') as string,
    })
  })
})

describe('the size of a tensor', () => {
  const packed = (values: readonly number[]): Buffer =>
    Buffer.concat(values.map((value) => message([1, value]).subarray(1)))
  it.each<[string, Buffer]>([
    ['floats, packed', tensor([2], [[4, Buffer.alloc(8)]])],
    ['doubles', tensor([2], [[10, Buffer.alloc(16)]], 11)],
    ['whole numbers of 64 bits, packed', tensor([3], [[7, packed([1, 300, 70_000])]], 7)],
    [
      'whole numbers one by one',
      tensor(
        [2],
        [
          [7, 1],
          [7, 2],
        ],
        7,
      ),
    ],
    ['halves in whole numbers', tensor([2], [[5, packed([1, 40_000])]], 10)],
    ['booleans', tensor([2], [[5, packed([0, 1])]], 9)],
    ['numbers of 4 bits in raw bytes', tensor([3], raw(2), 22)],
    ['nothing', tensor([0], [])],
    ['a scalar', tensor([], raw(4))],
    ['text, which is left to the runtime', tensor([5], [], 8)],
  ])('is right for %s', (_what, bytes) => {
    expect(measureTensor(bytes, 'w').absurdity).toBeUndefined()
  })

  it('is right exactly when raw data has the bytes of the shape', () => {
    const dims = fc.array(fc.nat(6), { maxLength: 4 })
    fc.assert(
      fc.property(dims, fc.nat(200), (shape, bytes) => {
        const needed = 4 * shape.reduce((product, dim) => product * dim, 1)
        const { absurdity, elements } = measureTensor(tensor(shape, raw(bytes)), 'w')
        expect(absurdity === undefined).toBe(bytes === needed)
        expect(4 * elements).toBe(needed)
      }),
    )
  })

  it('in a whole model is summed', () => {
    const bytes = onnxBytes({ initializers: [tensor([2, 3], raw(24)), tensor([4], raw(32), 7)] })
    expect(readOnnx(bytes)).toMatchObject({ weights: 6, absurdity: undefined })
  })
})

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openModel } from '../../../src/inference/model/index.ts'
import { readOnnx } from '../../../src/inference/model/onnx-file.ts'
import { ProtobufError } from '../../../src/inference/model/protobuf.ts'
import { message, onnxBytes, tensorValue } from '../../support/onnx-bytes.ts'
import { samplePath } from '../../support/sample.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function fileOf(bytes: Uint8Array | string, name = 'model.onnx'): Promise<string> {
  const path = join(await tempDir(), name)
  await writeFile(path, bytes)
  return path
}

describe('openModel', () => {
  it('reads a model that YOLOv5’s export.py wrote', async () => {
    const path = samplePath('models/yolov5n.onnx')
    const model = await openModel(path)
    const { identity, classes } = model
    expect(identity).toEqual({
      name: 'yolov5n',
      sha256: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    })
    const graph = model.graphFor(model.shapeFor({ width: 1920, height: 1080 }))
    expect(graph.bytes().length).toBe(7_918_418)
    expect(graph.description).toMatchObject({
      inputName: 'images',
      inputShape: { width: 640, height: 640, pixelFormat: 'gbrp' },
      output: { kind: 'boxes', name: 'output0', rows: 25_200 },
      stride: 32,
    })
    expect(classes).toHaveLength(80)
    expect(classes.slice(0, 3)).toEqual(['person', 'bicycle', 'car'])
  })

  it('takes class names from the metadata, and numbers classes that have none', async () => {
    const named = await openModel(await fileOf(onnxBytes()))
    expect(named.classes).toEqual(['cat', 'dog'])
    const nameless = await openModel(await fileOf(onnxBytes({ metadata: {} })))
    expect(nameless.classes).toEqual(['class-0', 'class-1'])
    const outputs = [tensorValue('output0', 1, [1, 252, 85])]
    const coco = await openModel(await fileOf(onnxBytes({ outputs, metadata: {} })))
    expect(coco.classes[79]).toBe('toothbrush')
  })

  it('knows a P6 model by its boxes', async () => {
    const outputs = [tensorValue('output', 1, [1, 255, 7])]
    const model = await openModel(await fileOf(onnxBytes({ outputs })))
    expect(model.graphFor(model.shapeFor({ width: 64, height: 64 })).description.stride).toBe(64)
  })

  it('takes batches where a file leaves their size free, and one frame at a time where it does not', async () => {
    const shape = { width: 64, height: 64, pixelFormat: 'gbrp' } as const
    const batchOf = async (bytes: Uint8Array): Promise<number> =>
      (await openModel(await fileOf(bytes))).graphFor(shape, { batch: 4 }).description.batch
    const free = {
      inputs: [tensorValue('images', 1, ['batch', 3, 64, 64])],
      outputs: [tensorValue('output0', 1, ['batch', 252, 7])],
    }
    expect(await batchOf(onnxBytes(free))).toBe(4)
    expect(await batchOf(onnxBytes())).toBe(1)
    expect((await openModel(await fileOf(onnxBytes(free)))).graphFor(shape).description.batch).toBe(1)
  })

  it('says that a file is missing', async () => {
    await expect(openModel('/nowhere/model.onnx')).rejects.toMatchObject({ code: 'path_missing' })
  })

  it('refuses a folder', async () => {
    await expect(openModel(await tempDir())).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('EISDIR') as string,
    })
  })

  it('refuses a device, which might never end', async () => {
    await expect(openModel('/dev/zero')).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('no regular file') as string,
    })
  })

  const external = message(
    [1, 1],
    [8, 'model.0.weight'],
    [13, message([1, 'location'], [2, 'w.bin'])],
    [14, 1],
  )
  const foreign = message([4, 'FusedConv'], [7, 'com.example'])
  const nested = message([4, 'If'], [5, message([1, 'then_branch'], [6, message([1, foreign])])])
  it.each<[string, Uint8Array | string, RegExp]>([
    ['an empty file', '', /an empty file/],
    ['a text file', 'hello world\n', /a text file/],
    ['a checkpoint of old', Buffer.from([0x80, 2, 0x8a, 0x0a]), /PyTorch before 1\.6/],
    ['a zip without a checkpoint', Buffer.from('PK\u0003\u0004'), /cut off/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer/],
    ['noise', Buffer.from([0xff, 0xfe, 0x00, 0x91]), /no ONNX file/],
    ['weights in another file', onnxBytes({ initializers: [external] }), /another file \(model\.0\.weight/],
    ['foreign operators', onnxBytes({ nodes: [foreign] }), /com\.example/],
    ['foreign operators in a branch', onnxBytes({ nodes: [nested] }), /com\.example/],
    ['half precision', onnxBytes({ inputs: [tensorValue('images', 10, [1, 3, 64, 64])] }), /--half/],
    ['a free size', onnxBytes({ inputs: [tensorValue('images', 1, ['batch', 3, 'h', 'w'])] }), /--dynamic/],
    [
      'outputs for another number of frames',
      onnxBytes({ inputs: [tensorValue('images', 1, ['batch', 3, 64, 64])] }),
      /not for as many frames/,
    ],
    ['four frames', onnxBytes({ inputs: [tensorValue('images', 1, [4, 3, 64, 64])] }), /\[4, 3, 64, 64\]/],
    ['another input', onnxBytes({ inputs: [tensorValue('x', 1, [1, 64, 64, 3])] }), /\[1, 64, 64, 3\]/],
    ['two inputs', onnxBytes({ inputs: [tensorValue('a', 1, [1]), tensorValue('b', 1, [1])] }), /2 inputs/],
    [
      'a classifier',
      onnxBytes({ outputs: [tensorValue('logits', 1, [1, 1000])] }),
      /logits float32 \[1, 1000\]/,
    ],
    ['a YOLOv8', onnxBytes({ outputs: [tensorValue('output0', 1, [1, 84, 8400])] }), /YOLOv8/],
    ['a wrong count of names', onnxBytes({ metadata: { names: "['cat']" } }), /names 1 classes .* for 2/],
    ['unreadable names', onnxBytes({ metadata: { names: 'cat, dog' } }), /cat, dog/],
  ])('refuses %s and says so', async (_what, bytes, found) => {
    const path = await fileOf(bytes)
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringMatching(found) as string,
    })
  })

  it.each([
    ['models/CORRUPT-truncated-svg-yolov5n.pt', /cut off: a zip of 915353 bytes/],
    ['models/v5lite-s.pt', /blocks of type conv_bn_relu_maxpool .*YOLOv5-Lite/],
    ['models/yolov5n-int8.tflite', /TensorFlow Lite/],
    ['videos/horses.mp4', /no ONNX file/],
  ])('refuses %s and says what it is', async (sample, found) => {
    await expect(openModel(samplePath(sample))).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringMatching(found) as string,
    })
  })

  it('refuses a model that is cut off, wherever', async () => {
    const whole = await readFile(samplePath('models/yolov5n.onnx'))
    for (const share of [0.001, 0.3, 0.9, 0.9999]) {
      const path = await fileOf(whole.subarray(0, Math.floor(whole.length * share)))
      await expect(openModel(path)).rejects.toMatchObject({ code: 'model_invalid' })
    }
  })
})

describe('the ONNX outline', () => {
  it('is read or refused from any bytes, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(readOnnx(bytes).inputs).toBeDefined()
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError)
        }
      }),
    )
  })

  it('is read or refused from any damaged model', () => {
    const whole = onnxBytes()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(whole)
        damaged[at] = byte
        try {
          expect(readOnnx(damaged).nodes).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError)
        }
      }),
    )
  })

  it('is refused when graphs nest without end', () => {
    let node = message([4, 'Identity'])
    for (let depth = 0; depth < 500; depth++) node = message([4, 'If'], [5, message([6, message([1, node])])])
    expect(() => readOnnx(onnxBytes({ nodes: [node] }))).toThrow(ProtobufError)
  })

  it('leaves inputs that are only weights aside', () => {
    const weight = message([1, 1], [8, 'w'])
    const inputs = [tensorValue('images', 1, [1, 3, 64, 64]), tensorValue('w', 1, [1])]
    expect(readOnnx(onnxBytes({ inputs, initializers: [weight] })).inputs.map(({ name }) => name)).toEqual([
      'images',
    ])
  })
})

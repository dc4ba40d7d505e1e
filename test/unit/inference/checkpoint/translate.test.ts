import { describe, expect, it } from 'vitest'
import { CheckpointError, readCheckpoint } from '../../../../src/inference/checkpoint/index.ts'
import { readOnnx } from '../../../../src/inference/model/onnx-file.ts'
import { writeOnnx } from '../../../../src/inference/model/write-onnx.ts'
import { checkpointOf, pickled, zipOf } from '../../../support/pickle-bytes.ts'
import type { Pickled } from '../../../support/pickle-bytes.ts'
import { largestDifference, runBatch, runTranslated } from '../../../support/run-translated.ts'
import { firstConv, v3, v5, v6 } from '../../../support/small-yolo.ts'
import {
  Modules,
  checkpointBytes,
  concat,
  layer,
  list,
  sequence,
  upsample,
} from '../../../support/torch-model.ts'
import type { Module } from '../../../support/torch-model.ts'

const size = { width: 64, height: 32 }
const run = (bytes: Uint8Array): Promise<number[][]> => runTranslated(bytes, size)
const difference = (actual: number[][], layers: readonly Module[]): number =>
  largestDifference(actual, layers, size)

describe('a translated checkpoint', () => {
  it.each<[string, () => Module[]]>([
    ['YOLOv5 6 and 7', v6],
    ['YOLOv5 4 and 5, with Focus and SPP', v5],
    ['YOLOv5 1 to 3, with BottleneckCSP', v3],
    [
      'a fused block and others, and a first convolution that is not aligned with the chroma',
      () => firstConv({ kernel: 3, stride: 2 }),
    ],
  ])('computes what torch computes: %s', async (_what, layers) => {
    expect(difference(await run(checkpointBytes(layers())), layers())).toBeLessThan(2e-4)
  })

  it('is the same file each time, for opset 13, with the input and outputs it announces', () => {
    const checkpoint = readCheckpoint(checkpointBytes(v6()))
    const bytes = writeOnnx(checkpoint.translate({ width: 320, height: 192 }).graph)
    expect(
      Buffer.from(writeOnnx(checkpoint.translate({ width: 320, height: 192 }).graph)).equals(bytes),
    ).toBe(true)
    expect(readOnnx(bytes)).toMatchObject({
      opset: 13,
      producer: 'edge',
      inputs: [{ name: 'frames', elementType: 2, dims: [1, 288, 320] }],
      outputs: [
        { name: 'head-8', elementType: 1, dims: [1, 21, 24, 40] },
        { name: 'head-16', elementType: 1, dims: [1, 21, 12, 20] },
      ],
      foreignDomains: [],
      externalTensors: [],
    })
  })

  it('takes as many frames at once as it is made for, and one when nothing is said', () => {
    const checkpoint = readCheckpoint(checkpointBytes(v6()))
    const { description, graph } = checkpoint.translate({ width: 320, height: 192 }, 4)
    expect(description.batch).toBe(4)
    expect(readOnnx(writeOnnx(graph))).toMatchObject({
      inputs: [{ dims: [4, 288, 320] }],
      outputs: [{ dims: [4, 21, 24, 40] }, { dims: [4, 21, 12, 20] }],
    })
    expect(checkpoint.translate({ width: 320, height: 192 }).description.batch).toBe(1)
  })

  it.each([v6, v5, v3])(
    'computes for each frame of a batch what it computes for it alone',
    async (layers) => {
      const bytes = checkpointBytes(layers())
      const alone = await run(bytes)
      const inPlaces = await runBatch(bytes, size, 3)
      for (const maps of inPlaces)
        for (const [level, map] of maps.entries())
          for (const [at, value] of map.entries()) expect(value).toBeCloseTo(alone[level]![at]!, 4)
      expect(inPlaces).toHaveLength(3)
    },
  )

  it('takes anchors in pixels from the buffer of Detect', () => {
    const { output } = readCheckpoint(checkpointBytes(v6())).translate(size).description
    expect(output.kind === 'heads' && output.levels.map(({ anchors }) => anchors)).toEqual([
      [
        [8, 12],
        [16, 20],
        [24, 28],
      ],
      [
        [16, 24],
        [32, 40],
        [48, 56],
      ],
    ])
  })

  it('takes the averaged model where there is one, and a model that was saved alone', () => {
    const other = pickled.text('not this one')
    for (const wrap of [
      (model: Pickled) => pickled.fields({ model: other, ema: model, optimizer: pickled.none }),
      (model: Pickled) => model,
    ]) {
      expect(readCheckpoint(checkpointBytes(v6(), { wrap })).stride).toBe(16)
    }
  })

  it('takes class names from a list or a dict, and numbers classes that have none', () => {
    const names = (named?: Pickled): readonly string[] =>
      readCheckpoint(checkpointBytes(v6(), named === undefined ? {} : { names: named })).classes
    const [cat, dog] = [pickled.text('cat'), pickled.text('dog')]
    expect(names(pickled.list(cat, dog))).toEqual(['cat', 'dog'])
    expect(names(pickled.dict([pickled.number(1), dog], [pickled.number(0), cat]))).toEqual(['cat', 'dog'])
    expect(names()).toEqual(['class-0', 'class-1'])
    expect(() => names(pickled.list(cat))).toThrow(/names 1 classes .* for 2/)
    expect(() => names(pickled.list(cat, pickled.number(1)))).toThrow(/class 1 has no name/)
  })
})

describe('a checkpoint', () => {
  const replaced = (at: number, other: Module): Module[] =>
    v6().map((each, index) => (index === at ? other : each))
  const make = new Modules()
  const detect = (changes: Partial<Module>): Module => ({ ...v6().at(-1)!, ...changes })
  const parts = (target: Module, changes: Record<string, Module>): Module => ({
    ...target,
    parts: { ...target.parts, ...changes },
  })
  const attributes = (target: Module, changes: Module['attributes']): Module => ({
    ...target,
    attributes: { ...target.attributes, ...changes },
  })
  const c3 = make.c3(6, 8)
  it.each<[string, Module[], RegExp]>([
    [
      'layers of channels that do not fit',
      replaced(2, layer(-1, make.c3(7, 8))),
      /takes 7 channels, but .* has 6/,
    ],
    [
      'a layer that takes a later one',
      replaced(2, layer(5, c3)),
      /model\.model\.2 takes a layer that is not before it/,
    ],
    ['a layer that takes none', replaced(2, layer([], c3)), /takes 0 inputs/],
    ['a first layer that is none', replaced(0, layer(-1, c3)), /block of type C3 where Conv or Focus/],
    [
      'a first layer for grey pictures',
      replaced(0, layer(-1, make.conv(1, 4, { kernel: 6, stride: 2, padding: 2 }))),
      /1 channels instead of red/,
    ],
    [
      'a head in the middle',
      replaced(2, layer(-1, make.detect(2, [6], [4]))),
      /Detect, which cannot stand there/,
    ],
    ['no head', v6().slice(0, -1), /block of type C3 where Detect/],
    [
      'a C3 that holds C3s',
      replaced(2, layer(-1, parts(c3, { m: sequence(make.c3(4, 4)) }))),
      /C3 where Bottleneck/,
    ],
    [
      'a Sequential in a Sequential',
      replaced(8, layer(-1, sequence(sequence(make.c3(16, 8))))),
      /Sequential in a Sequential/,
    ],
    [
      'an activation that YOLOv5 does not have',
      replaced(2, layer(-1, parts(make.conv(6, 8), { act: make.maxPool(5) }))),
      /activation of type MaxPool2d/,
    ],
    [
      'a convolution with other padding',
      replaced(5, layer(-1, attributes(make.conv2d(8, 8), { padding_mode: 'reflect' }))),
      /kind that YOLOv5/,
    ],
    [
      'a convolution with a stride of 0',
      replaced(5, layer(-1, attributes(make.conv2d(8, 8), { stride: [0, 0] }))),
      /kind that YOLOv5/,
    ],
    [
      'a normalization of other channels',
      replaced(2, layer(-1, parts(make.conv(6, 8), { bn: make.batchNorm(9) }))),
      /normalizes other channels/,
    ],
    [
      'a huge window',
      replaced(5, layer(-1, attributes(make.maxPool(5), { kernel_size: 1e6, padding: 5e5 }))),
      /MaxPool2d of a kind/,
    ],
    ['a huge enlargement', replaced(6, layer(-1, attributes(upsample, { scale_factor: 1e9 }))), /enlarges/],
    ['maps that do not fit together', replaced(7, layer([-1, 1], concat)), /joins maps of different size/],
    [
      'a head with a wrong stride',
      replaced(9, layer([8, 5], make.detect(2, [8, 8], [8, 32]))),
      /for stride 32/,
    ],
    [
      'a head with an absurd stride',
      replaced(9, layer([8, 5], make.detect(2, [8, 8], [8, 2 ** 20]))),
      /strides 8, 1048576/,
    ],
    ['a head with no anchors', replaced(9, detect({ tensors: {} })), /stride is missing/],
    ['a head with another count of classes', replaced(9, attributes(detect({}), { nc: 3 })), /and 3 classes/],
    [
      'a head with absurdly many classes',
      replaced(9, attributes(detect({}), { nc: 1e9 })),
      /1000000000 classes/,
    ],
    [
      'a head with one convolution too few',
      replaced(9, parts(detect({}), { m: list([make.conv2d(8, 21)]) })),
      /1 outputs for 2 maps/,
    ],
  ])('with %s is refused', (_what, layers, message) => {
    expect(() => readCheckpoint(checkpointBytes(layers))).toThrow(message)
    expect(() => readCheckpoint(checkpointBytes(layers))).toThrow(CheckpointError)
  })

  it.each<[string, Pickled, RegExp]>([
    [
      'only weights',
      pickled.fields({ 'model.0.weight': pickled.tensor(pickled.storage('Float', '0', 1), 0, [1], [1]) }),
      /state_dict/,
    ],
    ['no model', pickled.fields({ epoch: pickled.number(1) }), /its model is missing/],
    ['another thing as model', pickled.object('models.common.Conv', {}), /type Conv where Model/],
    ['a number', pickled.number(1), /its model is missing/],
  ])('of %s is refused', (_what, root, message) => {
    expect(() => readCheckpoint(checkpointOf(root, [['0', Buffer.alloc(4)]]))).toThrow(message)
  })

  it('whose blocks hold themselves is refused in no time', () => {
    // m._modules['0'] = m, in the place of the Bottlenecks of a C3
    const self = Buffer.concat([
      pickled.global('torch.nn.modules.container', 'Sequential'),
      Buffer.from([0x29, 0x81, 0x71, 200]),
      Buffer.from('}'),
      pickled.text('_modules'),
      Buffer.from('}'),
      pickled.text('0'),
      Buffer.from([0x68, 200]),
      Buffer.from('ssb'),
    ])
    const whole = checkpointBytes(v6(), { wrap: (model) => pickled.fields({ model, again: self }) })
    expect(readCheckpoint(whole).stride).toBe(16)
    const model = pickled.object('models.yolo.Model', { _modules: pickled.fields({ model: self }) })
    expect(() => readCheckpoint(checkpointOf(model))).toThrow(/type Sequential where Detect/)
  })

  it('of quantized weights is refused', () => {
    expect(() => readCheckpoint(checkpointBytes(v6(), { elementType: 'Long' }))).toThrow(
      /type Long; quantized/,
    )
  })

  it('of big-endian numbers is refused', () => {
    const entries: [string, Buffer][] = [
      ['archive/data.pkl', Buffer.from([0x80, 2, 0x4e, 0x2e])],
      ['archive/byteorder', Buffer.from('big')],
    ]
    expect(() => readCheckpoint(zipOf(entries))).toThrow(/little-endian/)
  })

  it('with no data.pkl, or two, is refused', () => {
    const pickle = Buffer.from([0x80, 2, 0x4e, 0x2e])
    expect(() => readCheckpoint(zipOf([['word/document.xml', pickle]]))).toThrow(/0 data\.pkl/)
    const twice = zipOf([
      ['a/data.pkl', pickle],
      ['b/data.pkl', pickle],
    ])
    expect(() => readCheckpoint(twice)).toThrow(/2 data\.pkl/)
  })
})

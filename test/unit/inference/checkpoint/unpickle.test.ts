import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../../src/inference/checkpoint/index.ts'
import { PickledObject, PickledTensor } from '../../../../src/inference/checkpoint/pickle-values.ts'
import { unpickle } from '../../../../src/inference/checkpoint/unpickle.ts'
import { pickleOf, pickled } from '../../../support/pickle-bytes.ts'
import type { Pickled } from '../../../support/pickle-bytes.ts'

const { call, dict, fields, global, list, number, object, storage, tensor, text, tuple } = pickled
const read = (value: Pickled): unknown => unpickle(pickleOf(value))

type Json = null | boolean | number | string | Json[] | Map<string, Json>
const json = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((value) => value + 0),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('any')),
    fc.dictionary(fc.string(), tie('any')).map((record) => new Map(Object.entries(record))),
  ),
})).any

function write(value: Json): Pickled {
  if (value === null) return pickled.none
  if (typeof value === 'boolean') return value ? pickled.true : pickled.false
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return list(...value.map(write))
  return dict(...[...value].map(([key, inner]) => [text(key), write(inner)] as const))
}

describe('the unpickler', () => {
  it('reads plain data as it was written', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(read(write(value))).toEqual(value)
      }),
    )
  })

  it('makes a description of an object', () => {
    const value = read(object('models.common.Conv', { i: number(3) })) as PickledObject
    expect(value).toBeInstanceOf(PickledObject)
    expect(value.type).toBe('models.common.Conv')
    expect(value.state.get('i')).toBe(3)
  })

  it('makes a view of a tensor, and a parameter of its tensor', () => {
    const view = tensor(storage('Half', '7', 24), 4, [2, 3], [1, 2])
    const parameter = call('torch._utils', '_rebuild_parameter', view, pickled.true, dict())
    const value = read(parameter) as PickledTensor
    expect(value).toBeInstanceOf(PickledTensor)
    expect(value).toMatchObject({
      storage: { elementType: 'Half', key: '7', count: 24 },
      offset: 4,
      size: [2, 3],
      stride: [1, 2],
    })
  })

  it('gives the same value again where a pickle refers back, without copying it', () => {
    // a = []; b = [a, a]; c = [b, b]; ... : 65 lists that would be 2^64 leaves
    const lists = Array.from({ length: 65 }, (_, index) => {
      const twice = index === 0 ? [] : [0x28, 0x68, index - 1, 0x68, index - 1, 0x65]
      return Buffer.from([0x5d, ...twice, 0x71, index])
    })
    const nested = tuple(...lists)
    const [first, second] = (read(nested) as unknown[][]).slice(-2)
    expect(second![0]).toBe(first)
    expect(second![1]).toBe(first)
  })

  it('reads a list that holds itself', () => {
    const value = read(Buffer.from([0x5d, 0x71, 0, 0x68, 0, 0x61])) as unknown[]
    expect(value[0]).toBe(value)
  })

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['subprocess', 'Popen'],
    ['__builtin__', 'eval'],
    ['builtins', 'exec'],
    ['builtins', 'getattr'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['numpy', 'load'],
    ['models.common', 'os'],
    ['models.common', 'Conv.forward'],
    ['collections', '__class__'],
    ['', ''],
    ['constructor', 'prototype'],
  ])('refuses %s.%s by name, before anything is called', (module, name) => {
    for (const value of [global(module, name), call(module, name, text('touch /tmp/owned'))]) {
      expect(() => read(value)).toThrow(new RegExp(`${module}\\.${name}`))
      expect(() => read(list(fields({ a: value })))).toThrow(CheckpointError)
    }
  })

  it('says what an ultralytics model and an unknown block are', () => {
    expect(() => read(global('ultralytics.nn.tasks', 'DetectionModel'))).toThrow(/YOLOv8 or later/)
    expect(() => read(global('models.common', 'GhostConv'))).toThrow(/blocks of type GhostConv/)
  })

  const conv = object('models.common.Conv', {})
  it.each<[string, Pickled]>([
    ['a block that is called', call('models.common', 'Conv')],
    ['a storage that is called', call('torch', 'FloatStorage', number(1e9))],
    ['getattr of anything but a fused forward', call('__builtin__', 'getattr', conv, text('__globals__'))],
    ['getattr of what is no block', call('__builtin__', 'getattr', text('x'), text('forward_fuse'))],
    [
      'a call of what a call gave',
      Buffer.concat([call('__builtin__', 'getattr', conv, text('forward_fuse')), tuple(), Buffer.from('R')]),
    ],
    [
      'an object of what is no class',
      Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), Buffer.from([0x29, 0x81])]),
    ],
    ['attributes of a number', Buffer.concat([number(1), dict(), Buffer.from('b')])],
    ['a dict of what is none', call('collections', 'OrderedDict', list(number(1)))],
    ['items of a list', Buffer.concat([list(), number(1), number(2), Buffer.from('s')])],
    ['an odd count of items', Buffer.concat([dict(), Buffer.from('('), number(1), Buffer.from('u')])],
    ['a list that is none', Buffer.concat([number(1), number(2), Buffer.from('a')])],
    ['a persistent id that is none', Buffer.concat([text('x'), Buffer.from('Q')])],
    ['a mark that is not there', Buffer.from('t')],
    ['a value that is not there', Buffer.from('a')],
    ['a value from before the mark', Buffer.concat([number(1), Buffer.from('('), Buffer.from([0x85])])],
    ['a memo that was never stored', Buffer.from([0x68, 9])],
    ['two values at the end', Buffer.concat([number(1), number(2)])],
    ['the opcode of another module (INST)', Buffer.from('(ios\nsystem\n')],
    ['the opcode of a code (EXT1)', Buffer.from([0x82, 1])],
    [
      'the opcode of a long text (BINUNICODE8)',
      Buffer.from([0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    ],
    ['a text that is longer than the file', Buffer.from([0x58, 0xff, 0xff, 0xff, 0xff, 1])],
  ])('refuses %s', (_what, value) => {
    expect(() => read(value)).toThrow(CheckpointError)
  })

  const floats = storage('Float', '0', 100)
  it.each<[string, Pickled]>([
    ['more than there is', tensor(floats, 0, [101], [1])],
    ['past the end', tensor(floats, 1, [100], [1])],
    ['huge dims', tensor(floats, 0, [2 ** 40, 2 ** 40], [1, 1])],
    ['huge dims times a stride of 0', tensor(floats, 0, [2 ** 60], [0])],
    ['a huge stride', tensor(floats, 0, [2], [2 ** 60])],
    ['a negative stride', tensor(floats, 99, [10], [-1])],
    ['a negative dim', tensor(floats, 0, [-1], [1])],
    ['a negative offset', tensor(floats, -1, [1], [1])],
    ['a fraction', tensor(floats, 0.5, [1], [1])],
    ['fewer strides than dims', tensor(floats, 0, [2, 2], [2])],
    ['too many dims', tensor(floats, 0, Array<number>(9).fill(1), Array<number>(9).fill(1))],
    ['a negative storage', tensor(storage('Float', '0', -5), 0, [0], [1])],
    ['no storage', tensor(number(1), 0, [1], [1])],
  ])('refuses a tensor of %s', (_what, value) => {
    expect(() => read(value)).toThrow(CheckpointError)
  })

  it.each([0, 1, 3, 4, 5])('refuses protocol %d', (protocol) => {
    expect(() => unpickle(Buffer.from([0x80, protocol, 0x4e, 0x2e]))).toThrow(`protocol ${protocol}`)
  })

  it('takes a memo with any numbers, and lists nested without end, in bounded time and memory', () => {
    const puts = Buffer.concat(
      Array.from({ length: 100_000 }, (_, index) => {
        const put = Buffer.alloc(5, 0x72)
        put.writeUInt32LE(0xffff_ffff - index, 1)
        return put
      }),
    )
    expect(read(Buffer.concat([pickled.none, puts]))).toBe(null)
    const depth = 300_000
    expect(read(Buffer.concat([Buffer.alloc(depth + 1, ']'), Buffer.alloc(depth, 'a')]))).toHaveLength(1)
    expect(() => unpickle(Buffer.alloc(33 * 2 ** 20))).toThrow(CheckpointError)
  })

  it('reads or refuses any bytes and any damaged pickle, never anything else', () => {
    const whole = pickleOf(
      fields({
        model: object('models.common.Conv', { w: tensor(floats, 0, [10, 10], [10, 1]) }),
        n: list(number(1), text('a')),
      }),
    )
    const damaged = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(whole)
      copy[at] = byte
      return copy
    })
    const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from([0x80, 2, ...bytes]))
    const cut = fc.nat(whole.length - 1).map((length) => whole.subarray(0, length))
    fc.assert(
      fc.property(fc.oneof(damaged, noise, cut), (bytes) => {
        try {
          unpickle(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

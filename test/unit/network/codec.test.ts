import { encode } from 'cborg'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEdgeError } from '../../../src/domain/index.ts'
import { decodeBody, encodeBody, maxDepth } from '../../../src/network/rpc/codec.ts'

const refused = (body: Uint8Array): void => {
  expect(() => decodeBody(body, 'it')).toThrow(expect.objectContaining({ code: 'rpc_protocol' }))
}

describe('a message body', () => {
  it('comes out as it went in, bytes as bytes', () => {
    const { tie } = fc.letrec((recurse) => ({
      tie: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
        fc.array(recurse('tie'), { maxLength: 4 }),
        fc.dictionary(fc.string(), recurse('tie'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(tie, (value) => {
        expect(decodeBody(encodeBody(value, 1e6, 'it'), 'it')).toEqual(value)
      }),
    )
  })

  it('has plain bytes in it, also where it is a Buffer', () => {
    const body = Buffer.from(encodeBody({ bytes: Uint8Array.from([0]) }, 100, 'it'))
    expect(decodeBody(body, 'it')).toEqual({ bytes: Uint8Array.from([0]) })
  })

  it('of any bytes is a value or rpc_protocol', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeBody(bytes, 'it')
        } catch (error) {
          expect(isEdgeError(error, 'rpc_protocol')).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('leaves undefined properties out', () => {
    expect(decodeBody(encodeBody({ a: 1, b: undefined }, 100, 'it'), 'it')).toEqual({ a: 1 })
  })

  it('may be nested so deep and no deeper, in arrays, maps and last places', () => {
    const arrays = (depth: number): Uint8Array => new Uint8Array([...Array<number>(depth).fill(0x81), 0x00])
    const maps = (depth: number): Uint8Array =>
      new Uint8Array([...Array.from({ length: depth }, () => [0xa1, 0x61, 0x61]).flat(), 0x00])
    expect(decodeBody(arrays(maxDepth), 'it')).toBeInstanceOf(Array)
    expect(decodeBody(maps(maxDepth), 'it')).toHaveProperty('a')
    refused(arrays(maxDepth + 1))
    refused(maps(maxDepth + 1))
    refused(arrays(1_000_000))
  })

  it('may have many neighbours at one depth', () => {
    const wide = Array.from({ length: 1000 }, () => ({ a: [[1], {}, []] }))
    expect(decodeBody(encodeBody(wide, 1e6, 'it'), 'it')).toEqual(wide)
  })

  it('is refused when it is cut short, goes on, repeats a key, or has a tag, NaN or an open length', () => {
    const whole = encode({ a: [1, 2, 3], b: 'text' })
    for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length))
    refused(new Uint8Array([...whole, 0]))
    refused(new Uint8Array([0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]))
    refused(new Uint8Array([0xc1, 0x00]))
    refused(new Uint8Array([0xf9, 0x7e, 0x00]))
    refused(new Uint8Array([0x9f, 0xff]))
    refused(new Uint8Array([0x9b, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff]))
  })

  it('changes no prototype by a key called __proto__', () => {
    const decoded = decodeBody(
      new Uint8Array([0xa1, 0x69, ...Buffer.from('__proto__'), 0xa1, 0x61, 0x61, 0x01]),
      'it',
    )
    expect((decoded as { a?: number }).a).toBeUndefined()
  })

  it('is refused when it is longer than allowed or has no form', () => {
    for (const value of ['x'.repeat(100), Symbol('no form')])
      expect(() => encodeBody(value, 100, 'it')).toThrow(expect.objectContaining({ code: 'rpc_protocol' }))
    expect(encodeBody('x'.repeat(98), 100, 'it')).toHaveLength(100)
  })
})

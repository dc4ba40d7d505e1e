import { decode, encode, Tokenizer, Type } from 'cborg'
import type { Token } from 'cborg'
import { EdgeError } from '../../domain/index.ts'

/** Nested arrays and maps allowed in a message; the deepest of domain/messages.ts (an offer’s spec) has 9. */
export const maxDepth = 32

/** Only what our own encoder writes: no tags, no big integers, no indefinite lengths, no NaN, shortest lengths. */
const strict = {
  strict: true,
  allowIndefinite: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
} as const

/** A value as CBOR (RFC 8949); undefined properties are left out. Throws `rpc_protocol` for what has no form or is too long. */
export function encodeBody(value: unknown, maxBytes: number, what: string): Uint8Array {
  let body: Uint8Array
  try {
    body = encode(value, { ignoreUndefinedProperties: true })
  } catch (error) {
    throw new EdgeError('rpc_protocol', `${what} cannot be encoded: ${messageOf(error)}`, { cause: error })
  }
  if (body.length > maxBytes)
    throw new EdgeError('rpc_protocol', `${what} has ${body.length} bytes, the limit is ${maxBytes}`)
  return body
}

/** The value of a CBOR body. Throws `rpc_protocol` for anything malformed, trailing or nested deeper than `maxDepth`. */
export function decodeBody(body: Uint8Array, what: string): unknown {
  // of a Buffer, which the encoder gives for larger bodies, all bytes within would be Buffers, too
  const plain = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  try {
    return decode(plain, { ...strict, tokenizer: new ShallowTokenizer(plain) })
  } catch (error) {
    throw new EdgeError('rpc_protocol', `${what} is not valid CBOR: ${messageOf(error)}`, { cause: error })
  }
}

/** cborg recurses without a bound; this stops it before the stack does. */
class ShallowTokenizer {
  readonly #tokens: Tokenizer
  /** Items still to come in each open array or map, the innermost last. */
  readonly #open: number[] = []

  constructor(body: Uint8Array) {
    this.#tokens = new Tokenizer(body, strict)
  }

  done(): boolean {
    return this.#tokens.done()
  }

  pos(): number {
    return this.#tokens.pos()
  }

  next(): Token {
    const token = this.#tokens.next()
    this.#takeOne()
    if (Type.equals(token.type, Type.array)) this.#enter(Number(token.value))
    else if (Type.equals(token.type, Type.map)) this.#enter(2 * Number(token.value))
    return token
  }

  #enter(items: number): void {
    if (this.#open.length >= maxDepth) throw new Error(`nested deeper than ${maxDepth}`)
    if (items > 0) this.#open.push(items)
  }

  #takeOne(): void {
    while (this.#open.at(-1) === 0) this.#open.pop()
    const last = this.#open.length - 1
    const left = this.#open[last]
    if (left !== undefined) this.#open[last] = left - 1
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

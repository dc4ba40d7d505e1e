/**
 * What a pickle of a checkpoint says, as data: lists and tuples are arrays, dicts are maps, and everything that Python
 * would build is a description of it.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleDict
  | PickledGlobal
  | PickledObject
  | PickledStorage
  | PickledTensor

export type PickleDict = Map<PickleValue, PickleValue>

/** What may be done with a name that a pickle asks for. */
export type GlobalRole = 'block' | 'storage' | 'dict' | 'tensor' | 'parameter' | 'size' | 'method' | 'ignored'

/** A name of Python’s, never looked up. */
export class PickledGlobal {
  readonly name: string
  readonly role: GlobalRole

  constructor(name: string, role: GlobalRole) {
    this.name = name
    this.role = role
  }
}

/** An object of a class: its name and its attributes. `models.common.Conv` for one. */
export class PickledObject {
  readonly type: string
  state: PickleDict = new Map()

  constructor(type: string) {
    this.type = type
  }
}

export type ElementType = keyof typeof elementBytes

/** Bytes of one element of each type of storage. */
export const elementBytes = {
  Half: 2,
  BFloat16: 2,
  Float: 4,
  Double: 8,
  Long: 8,
  Int: 4,
  Short: 2,
  Char: 1,
  Byte: 1,
  Bool: 1,
} as const

/** Elements that lie in the archive’s entry `data/<key>`. */
export class PickledStorage {
  readonly elementType: ElementType
  readonly key: string
  readonly count: number

  constructor(elementType: ElementType, key: string, count: number) {
    this.elementType = elementType
    this.key = key
    this.count = count
  }
}

/** A view of a storage; offset, size and stride in elements, checked to lie inside it. */
export class PickledTensor {
  readonly storage: PickledStorage
  readonly offset: number
  readonly size: readonly number[]
  readonly stride: readonly number[]

  constructor({ storage, offset, size, stride }: Readonly<PickledTensor>) {
    this.storage = storage
    this.offset = offset
    this.size = size
    this.stride = stride
  }
}

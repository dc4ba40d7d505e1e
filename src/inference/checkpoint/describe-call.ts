import { CheckpointError } from './checkpoint-error.ts'
import { PickledGlobal, PickledObject, PickledStorage, PickledTensor } from './pickle-values.ts'
import type { ElementType, PickleValue } from './pickle-values.ts'

/** What a call that a pickle asks for would give, as data. Throws CheckpointError when it would give nothing useful. */
export function describeCall({ name, role }: PickledGlobal, args: readonly PickleValue[]): PickleValue {
  switch (role) {
    case 'dict':
      return dictOf(args[0] ?? [])
    case 'tensor':
      return tensorOf(args)
    case 'parameter': {
      const [tensor] = args
      if (tensor instanceof PickledTensor) return tensor
      break
    }
    case 'size':
      if (Array.isArray(args[0])) return args[0]
      break
    case 'method': {
      const [owner, method] = args
      if (owner instanceof PickledObject && typeof method === 'string' && fusedForward.has(method)) {
        return new PickledObject(method)
      }
      break
    }
    case 'ignored':
      return new PickledObject(name)
    case 'block':
    case 'storage':
      break
  }
  throw new CheckpointError(`its pickle calls ${name} in a way that torch.save never writes`)
}

/** The methods that Model.fuse() binds: YOLOv5 up to 5.0 and from 6.0. */
const fusedForward: ReadonlySet<string> = new Set(['fuseforward', 'forward_fuse'])

function dictOf(pairs: PickleValue): PickleValue {
  const dict = new Map<PickleValue, PickleValue>()
  for (const pair of Array.isArray(pairs) ? pairs : [pairs]) {
    const [key, value] = Array.isArray(pair) ? pair : []
    if (key === undefined || value === undefined)
      throw new CheckpointError('its pickle makes a dict of what is none')
    dict.set(key, value)
  }
  return dict
}

/** A storage by its persistent id: ('storage', type, key, location, count). */
export function describeStorage(id: PickleValue): PickledStorage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : []
  const isStorage = kind === 'storage' && type instanceof PickledGlobal && type.role === 'storage'
  if (!isStorage || typeof key !== 'string' || !isCount(count)) {
    throw new CheckpointError('its pickle refers to something that is no storage')
  }
  const elementType = /^torch\.(\w+)Storage$/.exec(type.name)?.[1] ?? ''
  return new PickledStorage(elementType as ElementType, key, count)
}

const maxRank = 8

/** _rebuild_tensor_v2(storage, offset, size, stride, ...): a view that must lie inside its storage. */
function tensorOf([storage, offset, size, stride]: readonly PickleValue[]): PickledTensor {
  if (!(storage instanceof PickledStorage)) throw new CheckpointError('a tensor in it has no storage')
  if (isCount(offset) && areCounts(size) && areCounts(stride) && size.length === stride.length) {
    const last = size.reduce((sum, length, axis) => sum + (length - 1) * (stride[axis] ?? 0), offset)
    const fits = size.includes(0) ? offset <= storage.count : last < storage.count
    if (fits && size.length <= maxRank) return new PickledTensor({ storage, offset, size, stride })
  }
  throw new CheckpointError(
    `a tensor in it (size ${show(size)}, stride ${show(stride)}) does not fit its data, ${storage.count} ${storage.elementType} numbers`,
  )
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function areCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount)
}

function show(value: PickleValue | undefined): string {
  if (!Array.isArray(value)) return 'unknown'
  const numbers = value.slice(0, maxRank).map((each) => (typeof each === 'number' ? String(each) : '?'))
  return `(${numbers.join(', ')})`
}

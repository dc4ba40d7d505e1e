import { CheckpointError } from './checkpoint-error.ts'
import { elementBytes } from './pickle-values.ts'
import type { ElementType, PickledStorage, PickledTensor } from './pickle-values.ts'
import type { ZipEntries } from './read-zip.ts'

/** Reads numbers of tensors from the archive’s entries. */
export class TensorReader {
  readonly #entries: ZipEntries
  readonly #folder: string
  readonly #halfValues = halfValues()

  /** `folder`: the name that all entries of the archive begin with. */
  constructor(entries: ZipEntries, folder: string) {
    this.#entries = entries
    this.#folder = folder
  }

  /** The elements in row-major order, as float32; throws CheckpointError when the data is not there or no numbers. */
  read(tensor: PickledTensor): Float32Array {
    const { storage, size } = tensor
    const count = size.reduce((product, length) => product * length, 1)
    // A stride of 0 would let little data stand for much; no weight is stored so.
    if (count > storage.count)
      throw new CheckpointError(`a weight in it has ${count} numbers, but data for ${storage.count}`)
    const element = this.#elements(storage)
    const values = new Float32Array(count)
    if (isContiguous(tensor)) {
      for (let index = 0; index < count; index++) values[index] = element(tensor.offset + index)
      return values
    }
    const at = size.map(() => 0)
    for (let index = 0; index < count; index++) {
      values[index] = element(
        at.reduce((sum, step, axis) => sum + step * (tensor.stride[axis] ?? 0), tensor.offset),
      )
      advance(at, size)
    }
    return values
  }

  #elements(storage: PickledStorage): (index: number) => number {
    const { elementType, key, count } = storage
    const data = this.#entries.get(`${this.#folder}data/${key}`)
    if (data === undefined)
      throw new CheckpointError(`the data of a tensor (${key.slice(0, 40)}) is not in it`)
    if (data.length !== count * elementBytes[elementType]) {
      throw new CheckpointError(
        `the data of a tensor (${key.slice(0, 40)}) has ${data.length} bytes, not ${count} ${elementType} numbers`,
      )
    }
    return this.#decoder(elementType, new DataView(data.buffer, data.byteOffset, data.length))
  }

  #decoder(elementType: ElementType, view: DataView): (index: number) => number {
    switch (elementType) {
      case 'Half':
        return (index) => this.#halfValues[view.getUint16(2 * index, true)] as number
      case 'Float':
        return (index) => view.getFloat32(4 * index, true)
      case 'Double':
        return (index) => view.getFloat64(8 * index, true)
      case 'BFloat16': {
        const bits = new DataView(new ArrayBuffer(4))
        return (index) => {
          bits.setUint16(2, view.getUint16(2 * index, true), true)
          return bits.getFloat32(0, true)
        }
      }
      case 'Long':
      case 'Int':
      case 'Short':
      case 'Char':
      case 'Byte':
      case 'Bool':
        throw new CheckpointError(
          `a weight in it is of type ${elementType}; quantized checkpoints cannot be read`,
        )
    }
  }
}

function isContiguous({ size, stride }: PickledTensor): boolean {
  let expected = 1
  for (let axis = size.length - 1; axis >= 0; axis--) {
    const length = size[axis] as number
    if (length !== 1 && stride[axis] !== expected) return false
    expected *= length
  }
  return true
}

/** Moves to the next position in row-major order. */
function advance(at: number[], size: readonly number[]): void {
  for (let axis = size.length - 1; axis >= 0; axis--) {
    at[axis] = (at[axis] as number) + 1
    if ((at[axis] as number) < (size[axis] as number)) return
    at[axis] = 0
  }
}

/** The value of each of the 65,536 half-precision numbers (IEEE 754-2008, binary16), by the bits of the same float32. */
function halfValues(): Float32Array {
  const bits = new Uint32Array(65_536)
  for (let half = 0; half < bits.length; half++) {
    const exponent = (half >> 10) & 0x1f
    const widened = exponent === 31 ? 255 : exponent + 112
    bits[half] = ((half & 0x8000) << 16) | (widened << 23) | ((half & 0x3ff) << 13)
  }
  const values = new Float32Array(bits.buffer)
  for (let fraction = 0; fraction < 1024; fraction++) {
    values[fraction] = fraction * 2 ** -24
    values[0x8000 + fraction] = fraction * -(2 ** -24)
  }
  return values
}

import { CheckpointError } from './checkpoint-error.ts'
import { PickledObject, PickledTensor } from './pickle-values.ts'
import type { PickleValue } from './pickle-values.ts'

/** One torch module of a checkpoint, by its place in the model (`model.2.cv1`); what is not as it should be throws CheckpointError. */
export class Block {
  readonly path: string
  readonly #object: PickledObject

  constructor(value: PickleValue | undefined, path: string) {
    if (!(value instanceof PickledObject)) throw new CheckpointError(`its ${path} is missing`)
    this.#object = value
    this.path = path
  }

  /** The class without its module: `Conv`. */
  get type(): string {
    return this.#object.type.slice(this.#object.type.lastIndexOf('.') + 1)
  }

  /** Refuses any other type than these. */
  expect(...types: readonly string[]): this {
    if (types.includes(this.type)) return this
    throw new CheckpointError(
      `its ${this.path} is a block of type ${this.type} where ${types.join(' or ')} was expected`,
    )
  }

  has(child: string): boolean {
    return this.#part('_modules', child) !== undefined
  }

  child(name: string): Block {
    return new Block(this.#part('_modules', name), `${this.path}.${name}`)
  }

  /** The parts of a Sequential or ModuleList, in order. */
  children(): readonly Block[] {
    const parts = this.#object.state.get('_modules')
    const count = parts instanceof Map ? parts.size : 0
    if (count > maxChildren) throw new CheckpointError(`its ${this.path} has ${count} blocks`)
    return Array.from({ length: count }, (_, index) => this.child(String(index)))
  }

  tensor(name: string): PickledTensor {
    const found = this.optionalTensor(name)
    if (found === undefined) throw new CheckpointError(`its ${this.path}.${name} is missing`)
    return found
  }

  /** A parameter, a buffer, or a plain attribute. */
  optionalTensor(name: string): PickledTensor | undefined {
    const places = [this.#part('_parameters', name), this.#part('_buffers', name), this.attribute(name)]
    return places.find((value) => value instanceof PickledTensor)
  }

  /** Numbers in the parameters of this block and all below it, each block counted once. */
  parameterCount(): number {
    let count = 0
    const seen = new Set([this.#object])
    // A set that grows is walked to its end, and a block that holds itself is in it already.
    for (const { state } of seen) {
      for (const value of valuesOf(state.get('_parameters'))) {
        if (value instanceof PickledTensor)
          count += value.size.reduce((product, length) => product * length, 1)
      }
      for (const value of valuesOf(state.get('_modules'))) if (value instanceof PickledObject) seen.add(value)
    }
    return count
  }

  attribute(name: string): PickleValue | undefined {
    return this.#object.state.get(name)
  }

  number(name: string): number {
    return this.#checked(name, this.attribute(name), Number.isFinite)
  }

  count(name: string): number {
    return this.#checked(name, this.attribute(name), Number.isSafeInteger)
  }

  flag(name: string): boolean {
    return this.attribute(name) === true
  }

  /** Two whole numbers, of which one may stand for both: kernel sizes and the like. */
  pair(name: string): readonly [number, number] {
    const value = this.attribute(name)
    const [first, second] = Array.isArray(value) ? value : [value, value]
    return [
      this.#checked(name, first, Number.isSafeInteger),
      this.#checked(name, second, Number.isSafeInteger),
    ]
  }

  #checked(name: string, value: PickleValue | undefined, isRight: (value: number) => boolean): number {
    if (typeof value === 'number' && isRight(value)) return value
    throw new CheckpointError(`its ${this.path}.${name} is not as YOLOv5 writes it`)
  }

  #part(kind: '_modules' | '_parameters' | '_buffers', name: string): PickleValue | undefined {
    const parts = this.#object.state.get(kind)
    return parts instanceof Map ? parts.get(name) : undefined
  }
}

function valuesOf(dict: PickleValue | undefined): Iterable<PickleValue> {
  return dict instanceof Map ? dict.values() : []
}

const maxChildren = 1000

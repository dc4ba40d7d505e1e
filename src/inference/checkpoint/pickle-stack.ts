import { CheckpointError } from './checkpoint-error.ts'
import type { PickleValue } from './pickle-values.ts'

/** The stack, the marks in it, and the memo of an unpickler. Throws CheckpointError for what is not there. */
export class PickleStack {
  readonly #values: PickleValue[] = []
  readonly #marks: number[] = []
  // A map, since a pickle may number its memo as it likes.
  readonly #memo = new Map<number, PickleValue>()

  push(value: PickleValue): void {
    this.#values.push(value)
  }

  pop(): PickleValue {
    const value = this.#values.length > (this.#marks.at(-1) ?? 0) ? this.#values.pop() : undefined
    if (value === undefined) throw new CheckpointError('its pickle takes more from the stack than is there')
    return value
  }

  top(): PickleValue {
    const value = this.pop()
    this.push(value)
    return value
  }

  mark(): void {
    this.#marks.push(this.#values.length)
  }

  /** All values since the last mark, which is taken away. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw new CheckpointError('its pickle misses a mark')
    return this.#values.splice(mark)
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse()
  }

  remember(index: number): void {
    this.#memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw new CheckpointError(`its pickle refers to ${index}, which it never stored`)
    this.push(value)
  }

  /** The only value that is left. */
  result(): PickleValue {
    const value = this.pop()
    if (this.#values.length > 0 || this.#marks.length > 0) {
      throw new CheckpointError('its pickle ends in the middle of something')
    }
    return value
  }
}

import { CheckpointError } from './checkpoint-error.ts'
import { describeCall, describeStorage } from './describe-call.ts'
import { roleOfGlobal } from './known-globals.ts'
import { PickleReader } from './pickle-reader.ts'
import { PickleStack } from './pickle-stack.ts'
import { PickledGlobal, PickledObject } from './pickle-values.ts'
import type { PickleValue } from './pickle-values.ts'

/** The largest YOLOv5 needs less than 1 MiB; an unfinished training with its optimizer a little more. */
const maxBytes = 32 * 2 ** 20

/**
 * Reads a pickle of protocol 2 as torch.save writes it (opcodes: CPython, Lib/pickletools.py). Nothing is looked up,
 * called or built: a name that is not known is refused, the others become descriptions. Each opcode takes a byte at
 * least and makes one value at most, so time and memory are bounded by the length. Throws CheckpointError.
 */
export function unpickle(bytes: Uint8Array): PickleValue {
  if (bytes.length > maxBytes) throw new CheckpointError(`its pickle has ${bytes.length} bytes`)
  const reader = new PickleReader(bytes)
  if (reader.byte() !== 0x80) throw new CheckpointError('its data.pkl is no pickle')
  const protocol = reader.byte()
  if (protocol !== 2) throw new CheckpointError(`its pickle is of protocol ${protocol}; torch.save writes 2`)
  const stack = new PickleStack()
  for (;;) {
    const opcode = reader.byte()
    if (opcode === stop) return stack.result()
    const perform = opcodes.get(opcode)
    if (perform === undefined) {
      const shown = opcode.toString(16).padStart(2, '0')
      throw new CheckpointError(
        `its pickle uses the opcode 0x${shown} at byte ${reader.position - 1}, which torch.save never writes`,
      )
    }
    perform(stack, reader)
  }
}

const stop = 0x2e

type Perform = (stack: PickleStack, reader: PickleReader) => void

const push =
  (make: (reader: PickleReader) => PickleValue): Perform =>
  (stack, reader) => {
    stack.push(make(reader))
  }

const tuple =
  (count: number): Perform =>
  (stack) => {
    stack.push(stack.popMany(count))
  }

const opcodes: ReadonlyMap<number, Perform> = new Map<number, Perform>([
  [0x4e, push(() => null)], // NONE
  [0x88, push(() => true)], // NEWTRUE
  [0x89, push(() => false)], // NEWFALSE
  [0x4a, push((reader) => reader.int32())], // BININT
  [0x4b, push((reader) => reader.byte())], // BININT1
  [0x4d, push((reader) => reader.uint16())], // BININT2
  [0x8a, push((reader) => reader.long(reader.byte()))], // LONG1
  [0x47, push((reader) => reader.double())], // BINFLOAT
  [0x58, push((reader) => reader.text(reader.uint32()))], // BINUNICODE
  [0x5d, push(() => [])], // EMPTY_LIST
  [0x29, push(() => [])], // EMPTY_TUPLE
  [0x7d, push(() => new Map())], // EMPTY_DICT
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [
    0x74,
    (stack) => {
      stack.push(stack.popToMark())
    },
  ], // TUPLE
  [
    0x28,
    (stack) => {
      stack.mark()
    },
  ], // MARK
  [
    0x71,
    (stack, reader) => {
      stack.remember(reader.byte())
    },
  ], // BINPUT
  [
    0x72,
    (stack, reader) => {
      stack.remember(reader.uint32())
    },
  ], // LONG_BINPUT
  [
    0x68,
    (stack, reader) => {
      stack.recall(reader.byte())
    },
  ], // BINGET
  [
    0x6a,
    (stack, reader) => {
      stack.recall(reader.uint32())
    },
  ], // LONG_BINGET
  [
    0x61,
    (stack) => {
      append(stack, [stack.pop()])
    },
  ], // APPEND
  [
    0x65,
    (stack) => {
      append(stack, stack.popToMark())
    },
  ], // APPENDS
  [
    0x73,
    (stack) => {
      setItems(stack, stack.popMany(2))
    },
  ], // SETITEM
  [
    0x75,
    (stack) => {
      setItems(stack, stack.popToMark())
    },
  ], // SETITEMS
  [0x63, push(global)], // GLOBAL
  [0x81, newObject], // NEWOBJ
  [0x52, call], // REDUCE
  [0x62, build], // BUILD
  [
    0x51,
    (stack) => {
      stack.push(describeStorage(stack.pop()))
    },
  ], // BINPERSID
])

function global(reader: PickleReader): PickledGlobal {
  const module = reader.line()
  const name = reader.line()
  return new PickledGlobal(`${module}.${name}`, roleOfGlobal(module, name))
}

function append(stack: PickleStack, values: readonly PickleValue[]): void {
  const list = stack.top()
  if (!Array.isArray(list)) throw new CheckpointError('its pickle appends to what is no list')
  for (const value of values) list.push(value)
}

function setItems(stack: PickleStack, values: readonly PickleValue[]): void {
  const dict = stack.top()
  if (!(dict instanceof Map) || values.length % 2 !== 0) {
    throw new CheckpointError('its pickle sets items of what is no dict')
  }
  for (let at = 0; at < values.length; at += 2)
    dict.set(values[at] as PickleValue, values[at + 1] as PickleValue)
}

function newObject(stack: PickleStack): void {
  const [type] = stack.popMany(2)
  if (!(type instanceof PickledGlobal) || (type.role !== 'block' && type.role !== 'ignored')) {
    throw new CheckpointError('its pickle makes an object of what is no class')
  }
  stack.push(new PickledObject(type.name))
}

function call(stack: PickleStack): void {
  const [callee, args] = stack.popMany(2)
  if (!(callee instanceof PickledGlobal) || !Array.isArray(args)) {
    throw new CheckpointError('its pickle calls what is no function')
  }
  stack.push(describeCall(callee, args))
}

/** Gives the attributes of an object. Those of dicts and of what is ignored are not needed. */
function build(stack: PickleStack): void {
  const state = stack.pop()
  const target = stack.top()
  if (target instanceof PickledObject) {
    if (state instanceof Map) target.state = state
  } else if (!(target instanceof Map)) {
    throw new CheckpointError('its pickle gives attributes to what has none')
  }
}

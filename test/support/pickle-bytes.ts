import { crc32 } from 'node:zlib'

/** Writes pickles of protocol 2 value by value, for checkpoints that no training made. Opcodes: CPython, Lib/pickletools.py. */
export type Pickled = Buffer

const bytes = (...parts: readonly (number | string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string))),
  )

export const pickled = {
  none: bytes('N'),
  true: bytes(0x88),
  false: bytes(0x89),
  text: (value: string): Pickled => {
    const encoded = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(encoded.length)
    return bytes('X', length, encoded)
  },
  number: (value: number): Pickled => {
    const wide = Buffer.alloc(8)
    if (!Number.isSafeInteger(value)) {
      wide.writeDoubleBE(value)
      return bytes('G', wide)
    }
    if (Math.abs(value) >= 2 ** 31) {
      wide.writeBigInt64LE(BigInt(value))
      return bytes(0x8a, 8, wide)
    }
    wide.writeInt32LE(value)
    return bytes('J', wide.subarray(0, 4))
  },
  tuple: (...items: readonly Pickled[]): Pickled => bytes('(', ...items, 't'),
  list: (...items: readonly Pickled[]): Pickled => bytes('](', ...items, 'e'),
  dict: (...pairs: readonly (readonly [Pickled, Pickled])[]): Pickled => bytes('}(', ...pairs.flat(), 'u'),
  fields: (fields: Readonly<Record<string, Pickled>>): Pickled =>
    pickled.dict(...Object.entries(fields).map(([key, value]) => [pickled.text(key), value] as const)),
  global: (module: string, name: string): Pickled => bytes(`c${module}\n${name}\n`),
  call: (module: string, name: string, ...args: readonly Pickled[]): Pickled =>
    bytes(pickled.global(module, name), pickled.tuple(...args), 'R'),
  object: (type: string, fields: Readonly<Record<string, Pickled>>): Pickled => {
    const dot = type.lastIndexOf('.')
    return bytes(
      pickled.global(type.slice(0, dot), type.slice(dot + 1)),
      ')',
      0x81,
      pickled.fields(fields),
      'b',
    )
  },
  storage: (type: string, key: string, count: number): Pickled =>
    bytes(
      pickled.tuple(
        pickled.text('storage'),
        pickled.global('torch', `${type}Storage`),
        pickled.text(key),
        pickled.text('cpu'),
        pickled.number(count),
      ),
      'Q',
    ),
  tensor: (storage: Pickled, offset: number, size: readonly number[], stride: readonly number[]): Pickled => {
    const tuple = (numbers: readonly number[]): Pickled => pickled.tuple(...numbers.map(pickled.number))
    const hooks = pickled.call('collections', 'OrderedDict')
    const args = [storage, pickled.number(offset), tuple(size), tuple(stride), pickled.false, hooks]
    return pickled.call('torch._utils', '_rebuild_tensor_v2', ...args)
  },
}

/** A whole pickle. */
export function pickleOf(value: Pickled): Buffer {
  return bytes(0x80, 2, value, '.')
}

/** A zip archive of stored entries, as torch.save writes it. */
export function zipOf(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, data] of entries) {
    const local = Buffer.alloc(30)
    local.write('PK\u0003\u0004', 0, 'latin1')
    local.writeUInt32LE(crc32(data), 14)
    local.writeUInt32LE(data.length, 18)
    local.writeUInt32LE(data.length, 22)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.write('PK\u0001\u0002', 0, 'latin1')
    central.writeUInt32LE(crc32(data), 16)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt32LE(data.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(at, 42)
    files.push(local, Buffer.from(name), data)
    directory.push(central, Buffer.from(name))
    at += 30 + name.length + data.length
  }
  const end = Buffer.alloc(22)
  const size = Buffer.concat(directory).length
  end.write('PK\u0005\u0006', 0, 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...files, ...directory, end])
}

/** A .pt file with this pickle and these storages. */
export function checkpointOf(root: Pickled, storages: readonly (readonly [string, Buffer])[] = []): Buffer {
  const data = storages.map(([key, numbers]) => [`archive/data/${key}`, numbers] as const)
  return zipOf([['archive/data.pkl', pickleOf(root)], ...data, ['archive/version', Buffer.from('3\n')]])
}

import type { JobSpec } from './job-spec.ts'

/** One field that differs; `before` or `after` is missing where only the other has it. */
export interface Difference {
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * Every field in which two specs differ, sorted by path. Both hold their defaults, so that a field left out and one that
 * says the default are the same. The order of fields does not count, the order of lists does.
 */
export function diffSpecs(before: JobSpec, after: JobSpec): readonly Difference[] {
  return [...differences('', before, after)].sort((left, right) => comparePaths(left.path, right.path))
}

function* differences(path: string, before: unknown, after: unknown): Generator<Difference> {
  const [left, right] = [entriesOf(before), entriesOf(after)]
  if (left === undefined || right === undefined || Array.isArray(before) !== Array.isArray(after)) {
    if (Object.is(before, after)) return
    yield {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
    return
  }
  for (const key of new Set([...left.keys(), ...right.keys()]))
    yield* differences(path === '' ? key : `${path}.${key}`, left.get(key), right.get(key))
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

/** Numbers among names by size, so that inputs.2 comes before inputs.10. */
function comparePaths(left: string, right: string): number {
  const [names, others] = [left.split('.'), right.split('.')]
  for (const [index, name] of names.entries()) {
    const other = others[index]
    if (other === undefined) return 1
    if (name === other) continue
    const size = Number(name) - Number(other)
    if (!Number.isNaN(size) && size !== 0) return size
    return name < other ? -1 : 1
  }
  return names.length - others.length
}

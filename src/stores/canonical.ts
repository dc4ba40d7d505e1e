import type { z } from 'zod'
import { EdgeError, describeProblem, problemsOf } from '../domain/index.ts'

/**
 * A record as every store keeps it: what JSON can carry, checked against its schema, deeply frozen and sharing nothing
 * with `value`. Throws `internal` for what could not be read back, before anything is written.
 */
export function canonical<Schema extends z.ZodType>(
  schema: Schema,
  value: z.infer<Schema>,
  what: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(jsonCopy(value, what))
  if (parsed.success) return deepFrozen(parsed.data)
  const problems = problemsOf(parsed.error).map(describeProblem)
  throw new EdgeError('internal', `${what} cannot be kept: ${problems.join('; ')}`, { details: { problems } })
}

/** A frozen copy through JSON text. Throws `internal` for what JSON cannot carry, e.g. undefined. */
export function jsonCopy(value: unknown, what: string): unknown {
  return deepFrozen(JSON.parse(jsonText(value, what)) as unknown)
}

/** JSON text of a value. Throws `internal` for what has none: undefined, functions, cycles, bigints. */
export function jsonText(value: unknown, what: string): string {
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch (error) {
    throw new EdgeError('internal', `${what} cannot be kept: it is not JSON`, { cause: error })
  }
  throw new EdgeError('internal', `${what} cannot be kept: it is not JSON but ${typeof value}`)
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFrozen(part)
  return Object.freeze(value)
}

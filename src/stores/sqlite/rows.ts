import type { SQLOutputValue } from 'node:sqlite'
import type { z } from 'zod'
import { describeProblem, problemsOf } from '../../domain/index.ts'
import { jsonText } from '../canonical.ts'
import { corrupt } from './sqlite-errors.ts'

/** Where a row was read, for the error when it is not what was written. */
export interface RowPlace {
  readonly path: string
  readonly what: string
}

/** What a row says as a record: null columns are absent fields. The disk is a door: throws `store_corrupt`. */
export function fromDisk<Schema extends z.ZodType>(
  schema: Schema,
  fields: Readonly<Record<string, unknown>>,
  { path, what }: RowPlace,
): z.infer<Schema> {
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const parsed = schema.safeParse(present)
  if (parsed.success) return parsed.data
  const problems = problemsOf(parsed.error).map(describeProblem)
  throw corrupt(path, `${what} is not as it was written: ${problems.join('; ')}`)
}

/** The value of a JSON column, null for NULL. Throws `store_corrupt`. */
export function fromJson(text: SQLOutputValue | undefined, { path, what }: RowPlace): unknown {
  if (text === null || text === undefined) return null
  try {
    return JSON.parse(String(text)) as unknown
  } catch (error) {
    throw corrupt(path, `${what} holds no JSON where it was written`, error)
  }
}

/** What goes into a JSON column that may be NULL. */
export function toJson(value: unknown): string | null {
  return value === undefined ? null : jsonText(value, 'a column')
}

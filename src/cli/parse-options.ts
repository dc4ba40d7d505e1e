import type { z } from 'zod'
import { flagName } from '../config/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { Args } from './command.ts'

/** What yargs parsed, checked. Throws `usage` that names every flag that will not do. */
export function parseOptions<S extends z.ZodType>(schema: S, args: Args): z.output<S> {
  const parsed = schema.safeParse(args)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = flagName(String(path[0] ?? ''))
    return Array.isArray(args[String(path[0])]) && path.length === 1
      ? `${name} is given more than once`
      : `${name}: ${message}`
  })
  throw new EdgeError('usage', problems.join('; '))
}

import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import {
  checkJobSpec,
  describeProblem,
  EdgeError,
  JobSpec,
  problemsOf,
  specInvalid,
} from '../domain/index.ts'
import type { ErrorCode } from '../domain/index.ts'
import { foreignProblem } from '../domain/foreign-specs/index.ts'
import { checkJsonLimits } from './json-limits.ts'

/** The most problems that one answer lists. */
const maxProblems = 100

/** What it means when a part of the path cannot be the name of such a thing. */
const paramErrors: Readonly<Record<string, { readonly code: ErrorCode; readonly noun: string }>> = {
  job: { code: 'job_not_found', noun: 'job' },
  node: { code: 'node_not_found', noun: 'node' },
  cid: { code: 'block_missing', noun: 'block' },
}

type Validated = { value: unknown } | { error: EdgeError }

/** Checks requests against the routes’ zod schemas; what is wrong is an EdgeError that names every problem. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data: unknown): Validated => {
    try {
      return { value: check(schema, httpPart, data) }
    } catch (error) {
      return { error: EdgeError.from(error) }
    }
  }
}

function check(schema: z.ZodType, part: string | undefined, data: unknown): unknown {
  if (part === 'body') checkJsonLimits(data)
  if (schema === JobSpec) {
    const foreign = foreignProblem(data)
    if (foreign !== undefined) throw specInvalid([foreign])
    const checked = checkJobSpec(data)
    if (checked.ok) return checked.value
    throw specInvalid(checked.problems.slice(0, maxProblems))
  }
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const known = 'shape' in schema ? Object.keys(schema.shape as object) : []
  const problems = problemsOf(parsed.error, known).slice(0, maxProblems)
  if (part === 'params') throw unknownThing(problems[0]?.path ?? '', data)
  const where = part === 'querystring' ? 'query' : (part ?? 'request')
  throw new EdgeError(
    'request_invalid',
    problems.map((problem) => `${where}: ${describeProblem(problem)}`).join('\n'),
    { details: { problems } },
  )
}

function unknownThing(param: string, data: unknown): EdgeError {
  const { code, noun } = paramErrors[param] ?? { code: 'route_not_found', noun: 'thing' }
  const given = (data as Readonly<Record<string, unknown>>)[param]
  return new EdgeError(code, `no ${noun} can be called ${JSON.stringify(String(given).slice(0, 100))}`)
}

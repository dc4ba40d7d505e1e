import { z } from 'zod'
import { EdgeError, isEdgeError } from './errors.ts'
import { JobSpec } from './job-spec.ts'
import { SignificancePolicy } from './policy.ts'
import { parseSelector } from './selector.ts'
import { closest } from '../utils/closest.ts'

/** One thing that is wrong with a document: where, what, and what was probably meant. */
export interface Problem {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
}

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Parses an edge/v1 spec and gives every problem, not only the first. */
export function checkJobSpec(input: unknown): Checked<JobSpec> {
  const parsed = JobSpec.safeParse(input)
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, knownFields(JobSpec)) }
  const problems = [...crossFieldProblems(parsed.data)]
  return problems.length === 0 ? { ok: true, value: parsed.data } : { ok: false, problems }
}

/** As `checkJobSpec`, but throws `spec_invalid` with all problems in message and details. */
export function parseJobSpec(input: unknown): JobSpec {
  const checked = checkJobSpec(input)
  if (checked.ok) return checked.value
  throw specInvalid(checked.problems)
}

/** Parses a policy that stands alone, such as a policy file; gives every problem. */
export function checkPolicy(input: unknown): Checked<SignificancePolicy> {
  const parsed = SignificancePolicy.safeParse(input)
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, problems: problemsOf(parsed.error, knownFields(SignificancePolicy)) }
}

/** The error that carries problems; its message lists them one a line. */
export function specInvalid(problems: readonly Problem[]): EdgeError {
  const lines = problems.map((problem) => describeProblem(problem))
  return new EdgeError('spec_invalid', lines.join('\n'), { details: { problems } })
}

export function describeProblem({ path, message, suggestion }: Problem): string {
  return `${path === '' ? '(document)' : path}: ${message}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`
}

/** zod’s issues as problems, one for each unknown key, with a suggestion out of `candidates`. */
export function problemsOf(error: z.ZodError, candidates: readonly string[] = []): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.map(String).join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const suggestion = closest(key, candidates)
        return {
          path: path === '' ? key : `${path}.${key}`,
          message: 'unknown field',
          ...(suggestion === undefined ? {} : { suggestion }),
        }
      })
    }
    return [{ path, message: issue.message }]
  })
}

function* crossFieldProblems(spec: JobSpec): Generator<Problem> {
  if (spec.type !== 'batch' && spec.count !== 1) {
    yield { path: 'count', message: `belongs to batch jobs; a ${spec.type} job runs on every matching node` }
  }
  if (spec.engine.type === 'onnx' && spec.inputs.length === 0) {
    yield { path: 'inputs', message: 'the onnx engine needs at least one input, e.g. file:///videos:/videos' }
  }
  const targets = spec.inputs.map((input) => input.target.replace(/\/+$/, ''))
  for (const [index, target] of targets.entries()) {
    const clash = targets.findIndex(
      (other, at) =>
        at < index && (`${target}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${target}/`)),
    )
    if (clash !== -1)
      yield {
        path: `inputs.${String(index)}.target`,
        message: `${target} overlaps inputs.${String(clash)}.target`,
      }
  }
  try {
    parseSelector(spec.selector)
  } catch (error) {
    if (!isEdgeError(error, 'spec_invalid')) throw error
    yield { path: 'selector', message: error.message }
  }
}

/** Every field name that the schema has anywhere. */
function knownFields(schema: z.ZodType): readonly string[] {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
      for (const name of Object.keys(node.properties)) names.add(name)
    }
    Object.values(node).forEach(visit)
  }
  visit(z.toJSONSchema(schema, { io: 'input' }))
  return [...names]
}

import { z } from 'zod'
import { EdgeError, isEdgeError } from './errors.ts'
import { JobSpec } from './job-spec.ts'
import { SignificancePolicy } from './policy.ts'
import { parseSelector } from './selector.ts'
import { injectedNames } from './injected-names.ts'
import { normalPath, placeClashes } from './places.ts'
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
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, knownFields(JobSpec))
    return { ok: false, problems: [...problems, ...contradictionsBeside(problems, input)] }
  }
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

/** What contradicts one another in the fields that are right, found by looking at the spec without those that are not. */
function contradictionsBeside(problems: readonly Problem[], input: unknown): readonly Problem[] {
  if (typeof input !== 'object' || input === null) return []
  const wrong = new Set(problems.map(({ path }) => fieldOf(path)))
  const rest = Object.entries(input).filter(([field]) => !wrong.has(field))
  const parsed = JobSpec.safeParse({ ...Object.fromEntries(rest), apiVersion: 'edge/v1' })
  if (!parsed.success) return []
  return [...crossFieldProblems(parsed.data)].filter(({ path }) => !wrong.has(fieldOf(path)))
}

function fieldOf(path: string): string {
  return path.split('.')[0] ?? path
}

function* crossFieldProblems(spec: JobSpec): Generator<Problem> {
  if (spec.type !== 'batch' && spec.count !== 1) {
    yield { path: 'count', message: `belongs to batch jobs; a ${spec.type} job runs on every matching node` }
  }
  yield* engineProblems(spec)
  if (spec.engine.type === 'onnx' && spec.inputs.length === 0) {
    yield { path: 'inputs', message: 'the onnx engine needs at least one input, e.g. file:///videos:/videos' }
  }
  yield* placeProblems(spec)
  for (const name of Object.keys(spec.env).filter((key) => injectedNames.includes(key)))
    yield { path: `env.${name}`, message: 'is set by the node' }
  try {
    parseSelector(spec.selector)
  } catch (error) {
    if (!isEdgeError(error, 'spec_invalid')) throw error
    yield { path: 'selector', message: error.message }
  }
}

/** What contradicts the engine of the job. */
function* engineProblems({ engine, env, network, outputs, publish }: JobSpec): Generator<Problem> {
  if (engine.type !== 'docker') {
    const only = `belongs to docker jobs; the ${engine.type} engine takes none`
    if (Object.keys(env).length > 0) yield { path: 'env', message: only }
    if (network.mode !== 'none') yield { path: 'network.mode', message: only }
    if (outputs.length !== 1 || outputs[0]?.name !== 'outputs') yield { path: 'outputs', message: only }
    if (engine.type === 'onnx' && publish === 'all')
      yield { path: 'publish', message: 'the onnx engine leaves nothing but events' }
  } else if (publish === 'events' && engine.policy === undefined) {
    yield { path: 'publish', message: 'events needs engine.policy, which says what an event is' }
  }
  if (network.mode === 'http' && network.domains.length === 0)
    yield { path: 'network.domains', message: 'http needs the domains that may be reached' }
  if (network.mode !== 'http' && network.domains.length > 0)
    yield { path: 'network.domains', message: `belongs to mode http, this is ${network.mode}` }
}

/** Places in the work’s file system that hide one another, and outputs of one name. */
function* placeProblems({ engine, inputs, outputs }: JobSpec): Generator<Problem> {
  const places = [
    ...inputs.map(({ target }, index) => ({ at: `inputs.${String(index)}.target`, path: target })),
    ...(engine.type === 'docker' ? outputs : []).map(({ path }, index) => ({
      at: `outputs.${String(index)}.path`,
      path,
    })),
  ]
  for (const { place, other } of placeClashes(places)) {
    const clash = other === undefined ? 'is the root folder' : `overlaps ${other.at}`
    yield { path: place.at, message: `${normalPath(place.path)} ${clash}` }
  }
  const names = outputs.map(({ name }) => name)
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index)
      yield { path: `outputs.${String(index)}.name`, message: `${name} is the name of another output` }
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

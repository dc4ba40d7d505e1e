import { assertNever } from '../../utils/assert-never.ts'
import { JobSpec, type JobSpecInput } from '../job-spec.ts'
import { checkJobSpec, type Problem } from '../spec-problems.ts'
import { detectForm, type SpecForm } from './detect-form.ts'
import { Findings } from './findings.ts'
import { Fields, isObject } from './fields.ts'
import { fromTasks } from './from-tasks.ts'
import { fromV1beta2 } from './from-v1beta2.ts'

export type { SpecForm } from './detect-form.ts'

/** A spec as edge/v1, or every problem it has; what was left out without harm is a warning in either case. */
export type ReadSpec = {
  readonly form?: SpecForm
  readonly warnings: readonly Problem[]
} & (
  | { readonly ok: true; readonly spec: JobSpecInput; readonly value: JobSpec }
  | { readonly ok: false; readonly problems: readonly Problem[] }
)

/** Reads a document of any known form. Never throws. */
export function readSpec(document: unknown): ReadSpec {
  const detected = detectForm(document)
  if (detected === undefined) return { ok: false, warnings: [], problems: [unknownForm(document)] }
  const { form, body, path } = detected
  const findings = new Findings()
  if (body !== document) checkWrapper(document as object, path, findings)
  const spec = form === 'edge/v1' ? body : inOrder(translate(form, body, path, findings))
  const checked = checkJobSpec(spec)
  const { warnings } = findings
  if (checked.ok && findings.problems.length === 0)
    return { ok: true, form, warnings, spec: spec as JobSpecInput, value: checked.value }
  const found = checked.ok ? [] : checked.problems
  return { ok: false, form, warnings, problems: merged(findings, form, found) }
}

/** Beside `Job` stands what a requester prints of it; anything else is unknown. */
function checkWrapper(document: object, name: string, findings: Findings): void {
  const wrapper = new Fields(document, '', findings)
  wrapper.skip(name, 'State', 'Status', 'History', 'Events', 'Executions', 'Evaluations')
  wrapper.finish()
}

/** Fields in the order of edge/v1, for those who read it. */
function inOrder(spec: JobSpecInput): object {
  const order = Object.keys(JobSpec.shape)
  return Object.fromEntries(
    Object.entries(spec).sort(([left], [right]) => order.indexOf(left) - order.indexOf(right)),
  )
}

/** Says of a document that is Bacalhau’s where it is understood; undefined for all others. */
export function foreignProblem(document: unknown): Problem | undefined {
  const form = detectForm(document)?.form
  if (form === undefined || form === 'edge/v1') return undefined
  const message = `this is ${form}, and the API takes edge/v1; \`edge create\` translates it, with --dry-run it only shows it`
  return { path: '', message }
}

function translate(
  form: Exclude<SpecForm, 'edge/v1'>,
  body: object,
  path: string,
  findings: Findings,
): JobSpecInput {
  switch (form) {
    case 'bacalhau/v1beta2':
      return fromV1beta2(body, path, findings)
    case 'bacalhau/tasks':
      return fromTasks(body, path, findings)
    default:
      return assertNever(form)
  }
}

/** What is wrong with the translated spec at a place where the document was found wrong is not said again. */
function merged(findings: Findings, form: SpecForm, found: readonly Problem[]): readonly Problem[] {
  if (form === 'edge/v1') return found
  const said = new Set(findings.problems.map(({ path }) => path))
  const more = found.map((problem) => findings.atOrigin(problem))
  return [...findings.problems, ...more.filter(({ path }) => !said.has(path))]
}

function unknownForm(document: unknown): Problem {
  const what = isObject(document)
    ? `has the fields ${Object.keys(document).slice(0, 6).join(', ') || '(none)'}`
    : 'holds no fields'
  return {
    path: '',
    message:
      `${what}, which is no job spec that edge knows: ` +
      'edge/v1 begins with `apiVersion: edge/v1` and has `engine`; Bacalhau’s V1beta2 has `Spec`, alone or under `Job`; ' +
      'Bacalhau’s later form has `Tasks`',
  }
}

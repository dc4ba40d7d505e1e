import type { ExecutionId, JobId } from './ids.ts'
import type { InjectedName } from './injected-names.ts'
import type { InputSpec } from './input-spec.ts'
import type { JobSpec } from './job-spec.ts'
import type { Problem } from './spec-problems.ts'

/** `{{.Name}}`, as Go’s templates write it. The words of the node are filled in there, all others before a job is sent. */

/** What only the node knows. */
export const nodeWords = [
  'NodeName',
  'NodeID',
  'JobID',
  'ExecutionID',
  'PartitionIndex',
  'PartitionCount',
] as const
type NodeWord = (typeof nodeWords)[number]

const action = /\{\{([^{}]*)\}\}/g
const variable = /^\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*$/

/** Where an execution runs, and which part of its job it is (`partitionIndex` from 0). */
export interface Place {
  readonly nodeName: string
  readonly nodeId: string
  readonly jobId: JobId
  readonly executionId: ExecutionId
  readonly partitionIndex: number
  readonly partitionCount: number
}

/**
 * Fills `{{.Name}}` of a text from `values`; the words of the node stay. Every name without a value, and everything else
 * between braces, is a problem with its line. A value of several lines is one too, since it could add fields to YAML.
 */
export function fillTemplate(
  text: string,
  values: ReadonlyMap<string, string>,
): { readonly text: string; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const filled = text.replace(action, (whole, inner: string, offset: number) => {
    const at = `line ${text.slice(0, offset).split('\n').length}`
    const [, name] = variable.exec(inner) ?? []
    if (name === undefined) {
      problems.push({
        path: at,
        message: `${whole} is no {{.Name}}; --no-template leaves such text as it is`,
      })
      return whole
    }
    if (isNodeWord(name)) return `{{.${name}}}`
    const value = values.get(name)
    if (value === undefined) {
      const message = `${whole} has no value; give one with -V ${name}=…, or leave such text as it is with --no-template`
      problems.push({ path: at, message })
      return whole
    }
    if (/[\r\n]/.test(value)) problems.push({ path: at, message: `the value of ${name} has several lines` })
    return value
  })
  return { text: filled, problems }
}

export function isNodeWord(name: string): name is NodeWord {
  return nodeWords.some((word) => word === name)
}

function injected(place: Place, type: JobSpec['type']): Readonly<Record<InjectedName, string>> {
  return {
    EDGE_EXECUTION_ID: place.executionId,
    EDGE_JOB_ID: place.jobId,
    EDGE_JOB_TYPE: type,
    EDGE_NODE_NAME: place.nodeName,
    EDGE_PARTITION_INDEX: String(place.partitionIndex),
    EDGE_PARTITION_COUNT: String(place.partitionCount),
  }
}

/**
 * The spec as one execution gets it: the words of the node filled in in `env`, in a container’s command and entrypoint, and
 * (percent-encoded) in addresses of inputs; `env` holds the EDGE_ variables too.
 */
export function specAt(spec: JobSpec, place: Place): JobSpec {
  const words = wordsOf(place)
  const fill = (text: string): string => filled(text, words)
  return {
    ...spec,
    engine: engineAt(spec.engine, fill),
    inputs: spec.inputs.map((input) => inputAt(input, words)),
    env: {
      ...Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, fill(value)])),
      ...injected(place, spec.type),
    },
  }
}

function engineAt(engine: JobSpec['engine'], fill: (text: string) => string): JobSpec['engine'] {
  if (engine.type !== 'docker') return engine
  const { entrypoint } = engine
  return {
    ...engine,
    command: engine.command.map(fill),
    ...(entrypoint === undefined ? {} : { entrypoint: entrypoint.map(fill) }),
  }
}

function inputAt(input: InputSpec, words: Readonly<Record<NodeWord, string>>): InputSpec {
  const { source } = input
  if (source.type !== 'url') return input
  const encoded = Object.fromEntries(
    Object.entries(words).map(([name, value]) => [name, encodeURIComponent(value)]),
  ) as Record<NodeWord, string>
  const url = filled(source.url, encoded)
  return { ...input, source: { ...source, url } }
}

function filled(text: string, words: Readonly<Record<NodeWord, string>>): string {
  return text.replace(action, (whole, inner: string) => wordOf(whole, inner, words))
}

/** What is no word of the node belongs to the work, and stays. */
function wordOf(whole: string, inner: string, words: Readonly<Record<NodeWord, string>>): string {
  const [, name = ''] = variable.exec(inner) ?? []
  return isNodeWord(name) ? words[name] : whole
}

function wordsOf(place: Place): Readonly<Record<NodeWord, string>> {
  return {
    NodeName: place.nodeName,
    NodeID: place.nodeId,
    JobID: place.jobId,
    ExecutionID: place.executionId,
    PartitionIndex: String(place.partitionIndex),
    PartitionCount: String(place.partitionCount),
  }
}

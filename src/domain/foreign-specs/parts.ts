import type { Draft } from './draft.ts'
import { shown, type Fields } from './fields.ts'
import { parseBytes, parseCores, parseSeconds } from './units.ts'

/** Resources, network, publisher, outputs, times and node selectors: the same words in both forms. */

/** The longest time that edge takes, in seconds: a year. */
const yearSeconds = 365 * 86_400
/** From here on Bacalhau means “never”: Go’s longest duration, in seconds. */
const neverSeconds = 9_223_372_036

/** `decimalBase`: what K, M and G are powers of (see units.ts). */
export function readResources(draft: Draft, owner: Fields, decimalBase: 1000 | 1024): void {
  const fields = owner.object('Resources')
  const { findings } = owner
  if (draft.engine.type === 'docker' && fields?.has('Memory') !== true) {
    const message = `edge gives a container 512 MiB unless it asks for more; write Memory: 8Gi, or as much as it needs`
    findings.warn(fields?.at('Memory') ?? owner.at('Resources'), message)
  }
  if (fields === undefined) return
  const amount = (
    name: string,
    to: string,
    read: (text: string) => number | undefined,
  ): number | undefined => {
    const text = fields.text(name)
    findings.comesFrom(`resources.${to}`, fields.at(name))
    const value = text === undefined || text.trim() === '' ? undefined : read(text)
    if (text !== undefined && value === undefined)
      findings.problem(fields.at(name), `cannot read ${shown(text)}; write ${examples[name] ?? 'a number'}`)
    return value === 0 ? undefined : value
  }
  const bytes = (text: string): number | undefined => parseBytes(text, decimalBase)
  const cpu = amount('CPU', 'cpu', parseCores)
  const memoryBytes = amount('Memory', 'memoryBytes', bytes)
  const diskBytes = amount('Disk', 'diskBytes', bytes)
  const gpu = amount('GPU', 'gpu', (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : undefined))
  fields.ignore('GPUs', 'edge asks for GPUs by number (resources.gpu) and vendor (resources.gpuVendor)')
  fields.finish()
  draft.resources = {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(gpu === undefined ? {} : { gpu }),
  }
}

const examples: Readonly<Record<string, string>> = {
  CPU: '2, 0.5 or 500m',
  Memory: '512Mi or 8Gi',
  Disk: '512Mi or 8Gi',
  GPU: 'a whole number',
}

export function readNetwork(draft: Draft, fields: Fields | undefined): void {
  if (fields === undefined) return
  const { findings } = fields
  const type = fields.text('Type')
  const domains = fields.texts('Domains')
  fields.refuse('Ports', 'edge opens no port of a container; let the work write to an output instead')
  fields.finish()
  const mode = modes.get(type?.toLowerCase() ?? 'none')
  if (mode === undefined) {
    findings.problem(
      fields.at('Type'),
      `${shown(type)} is no network that edge knows; it has None, HTTP and Full`,
    )
    return
  }
  if (type?.toLowerCase() === 'default')
    findings.warn(fields.at('Type'), 'edge gives no network unless asked; write Full when the work needs one')
  if (type?.toLowerCase() === 'host')
    findings.warn(fields.at('Type'), 'edge’s full network reaches out, but is not the node’s own')
  if (draft.engine.type !== 'docker') return
  draft.network = { mode, ...(domains.length === 0 ? {} : { domains: [...domains] }) }
  findings.comesFrom('network', fields.path)
  findings.comesFrom('network.domains', fields.at('Domains'))
}

const modes: ReadonlyMap<string, 'none' | 'http' | 'full'> = new Map(
  Object.entries({
    none: 'none',
    default: 'none',
    http: 'http',
    full: 'full',
    host: 'full',
    bridge: 'full',
  } as const),
)

/** edge has one publisher, `local`; what others do is told, or refused when the author waits for results elsewhere. */
export function readPublisher(type: string | undefined, at: string, { findings }: Fields): void {
  switch (type?.toLowerCase()) {
    case undefined:
    case 'local':
      return
    case 'ipfs':
    case 'estuary':
      findings.warn(
        at,
        'results stay with the requester, under the CID that `ipfs add` would give; fetch them with `edge get`',
      )
      return
    case 'noop':
      findings.warn(at, 'edge publishes results all the same; fetch them with `edge get`')
      return
    case 's3':
    case 's3managed':
      findings.problem(
        at,
        'edge publishes to no bucket; remove the publisher, fetch with `edge get` and copy from there',
      )
      return
    default:
      findings.problem(
        at,
        `${shown(type)} is no publisher that edge knows; remove it: results stay with the requester`,
      )
  }
}

/** `[{ Name, Path }]`; what else stands beside them says nothing about results. */
export function readOutputs(draft: Draft, owner: Fields, name: string): void {
  const outputs = owner.objects(name).map((fields, index) => {
    owner.findings.comesFrom(`outputs.${index}`, fields.path)
    owner.findings.comesFrom(`outputs.${index}.name`, fields.at('Name'))
    owner.findings.comesFrom(`outputs.${index}.path`, fields.at('Path'))
    fields.skip('StorageSource', 'CID', 'URL', 'SourcePath', 'S3', 'Repo', 'Metadata', 'ReadWrite')
    const output = { name: fields.text('Name') ?? 'outputs', path: fields.text('Path') ?? '' }
    fields.finish()
    return output
  })
  if (outputs.length > 0 && draft.engine.type === 'docker') draft.outputs = outputs
}

/** A number of seconds or a Go duration; undefined for none, and for “never”, which becomes a year. */
export function readSeconds(fields: Fields, name: string): number | undefined {
  const text = fields.text(name)
  if (text === undefined) return undefined
  const seconds = parseSeconds(text)
  if (seconds === undefined) {
    fields.findings.problem(
      fields.at(name),
      `cannot read ${shown(text)}; write seconds (1800) or a duration (30m)`,
    )
    return undefined
  }
  if (seconds < neverSeconds) return seconds === 0 ? undefined : seconds
  fields.findings.warn(fields.at(name), 'never is a year for edge')
  return yearSeconds
}

/** `[{ Key, Operator, Values }]` as edge’s selector. */
export function readSelector(draft: Draft, owner: Fields, name: string): void {
  const terms = owner.objects(name).flatMap((fields) => {
    const term = selectorTerm(fields)
    fields.finish()
    return term ?? []
  })
  owner.findings.comesFrom('selector', owner.at(name))
  if (terms.length > 0) draft.selector = terms.join(',')
}

function selectorTerm(fields: Fields): string | undefined {
  const { findings } = fields
  const key = fields.text('Key') ?? ''
  const operator = fields.text('Operator') ?? ''
  const values = fields.texts('Values')
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(key)) {
    findings.problem(fields.at('Key'), `${shown(key)} is no name of a label`)
    return undefined
  }
  const odd = values.findIndex((value) => !/^[A-Za-z0-9._/-]*$/.test(value))
  if (odd !== -1) {
    findings.problem(`${fields.at('Values')}.${odd}`, `${shown(values[odd])} is no value of a label`)
    return undefined
  }
  const term = termOf(key, operator.toLowerCase(), values)
  if (term === undefined) {
    findings.problem(
      fields.at('Operator'),
      `${shown(operator)} of ${values.length === 0 ? 'no value' : values.join(', ')} is nothing that edge can ask of a label; it has =, !=, in, notin, exists`,
    )
  }
  return term
}

function termOf(key: string, operator: string, values: readonly string[]): string | undefined {
  const [value] = values
  switch (operator) {
    case 'in':
      return values.length === 0 ? undefined : `${key} in (${values.join(',')})`
    case 'notin':
      return values.length === 0 ? undefined : `${key} notin (${values.join(',')})`
    case '=':
    case '==':
    case '!=':
      return values.length === 1 && value !== undefined
        ? `${key}${operator === '!=' ? '!=' : '='}${value}`
        : undefined
    case 'exists':
      return values.length === 0 ? key : undefined
    default:
      return undefined
  }
}

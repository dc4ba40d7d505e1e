import type { JobSpecInput } from '../job-spec.ts'
import { emptyDraft, type Draft } from './draft.ts'
import { readEngine } from './engines.ts'
import { Fields, shown } from './fields.ts'
import type { Findings } from './findings.ts'
import { readInput } from './inputs.ts'
import { readNetwork, readOutputs, readPublisher, readResources, readSeconds, readSelector } from './parts.ts'

/**
 * Bacalhau’s V1beta1 and V1beta2 (its pkg/model/job.go of v1.1): `APIVersion`, `Metadata`, `Spec`. What the requester adds to
 * a job that it printed is passed over.
 */
export function fromV1beta2(body: object, path: string, findings: Findings): JobSpecInput {
  const job = new Fields(body, path, findings)
  const draft = emptyDraft()
  const version = job.text('APIVersion')
  if (version !== undefined && !/^v1beta[12]$/i.test(version))
    findings.problem(job.at('APIVersion'), `edge reads V1beta1 and V1beta2, not ${shown(version)}`)
  job.ignore('Metadata', 'the requester gives ids and times itself')
  job.skip('State', 'Status', 'History', 'Events', 'Executions')
  const spec = job.object('Spec')
  if (spec === undefined) findings.problem(job.at('Spec'), 'is missing or empty')
  else readSpecFields(draft, spec)
  job.finish()
  return draft
}

function readSpecFields(draft: Draft, spec: Fields): void {
  readEngineOf(draft, spec)
  readPublisherOf(spec)
  readResources(draft, spec, 1024)
  readNetwork(draft, spec.object('Network'))
  for (const input of spec.objects('Inputs')) readStorage(draft, input)
  readOutputs(draft, spec, 'Outputs')
  readAnnotations(draft, spec)
  readSelector(draft, spec, 'NodeSelectors')
  const executionSeconds = readSeconds(spec, 'Timeout')
  spec.findings.comesFrom('timeouts.executionSeconds', spec.at('Timeout'))
  if (executionSeconds !== undefined) draft.timeouts = { executionSeconds }
  spec.ignore('DoNotTrack', 'edge reports to nobody')
  spec.skip('Verifier', 'VerifierSpec')
  spec.refuse('Language', 'edge has no language engine; use the image of the language (docker)')
  spec.refuse('Contexts', 'edge takes inputs only; move them to Inputs')
  // Without a pattern it is what every printed job holds.
  spec.object('Sharding')?.refuse('GlobPattern', 'edge cuts no job into shards; write one job for each part')
  spec.skip('ExecutionPlan')
  readDeal(draft, spec)
  spec.finish()
}

/** `EngineSpec`, or the `Engine` with `Docker` or `Wasm` that it replaced. */
function readEngineOf(draft: Draft, spec: Fields): void {
  const engine = spec.object('EngineSpec')
  const old = spec.text('Engine')
  const docker = spec.object('Docker')
  const wasm = spec.object('Wasm')
  if (engine !== undefined) {
    readEngine(
      draft,
      { type: engine.text('Type'), at: engine.at('Type'), params: engine.object('Params') },
      spec,
    )
    engine.finish()
    if (old !== undefined || docker !== undefined)
      spec.findings.warn(
        spec.at(docker === undefined ? 'Engine' : 'Docker'),
        'EngineSpec is there, so this is not looked at',
      )
    return
  }
  const type = old ?? (docker !== undefined ? 'docker' : wasm !== undefined ? 'wasm' : undefined)
  const at =
    old === undefined
      ? spec.at(docker === undefined && wasm !== undefined ? 'Wasm' : 'EngineSpec')
      : spec.at('Engine')
  readEngine(draft, { type, at, params: docker }, spec)
}

function readPublisherOf(spec: Fields): void {
  const publisher = spec.object('PublisherSpec')
  const old = spec.text('Publisher')
  if (publisher === undefined) {
    readPublisher(old, spec.at('Publisher'), spec)
    return
  }
  readPublisher(publisher.text('Type'), publisher.at('Type'), spec)
  publisher.skip('Params')
  publisher.finish()
}

function readStorage(draft: Draft, fields: Fields): void {
  const type = fields.text('StorageSource')
  readInput(draft, { type, typeAt: fields.at('StorageSource'), fields, owner: fields, target: 'Path' })
  fields.skip('Name', 'Metadata', 'CID', 'URL', 'S3', 'Repo', 'SourcePath')
  fields.finish()
}

/** Words, which become labels without a value; `key=value` becomes a label with one. */
function readAnnotations(draft: Draft, spec: Fields): void {
  for (const [index, text] of spec.texts('Annotations').entries()) {
    const at = text.indexOf('=')
    const key = at < 1 ? text : text.slice(0, at)
    draft.labels = { ...draft.labels, [key]: at < 1 ? '' : text.slice(at + 1) }
    spec.findings.comesFrom(`labels.${key}`, `${spec.at('Annotations')}.${index}`)
  }
}

function readDeal(draft: Draft, spec: Fields): void {
  const deal = spec.object('Deal')
  const { findings } = spec
  const concurrency = deal?.number('Concurrency')
  const isForAll = deal !== undefined && targetsAll(deal)
  if (isForAll && concurrency !== undefined && concurrency > 1)
    findings.problem(
      deal.at('Concurrency'),
      'TargetingMode is all: it runs on every matching node; remove one of them',
    )
  if (isForAll) draft.type = 'ops'
  else if (concurrency !== undefined) draft.count = concurrency
  if (deal !== undefined) {
    findings.comesFrom('count', deal.at('Concurrency'))
    if ((deal.number('Confidence') ?? 0) > 1)
      findings.problem(deal.at('Confidence'), 'edge compares no results of several nodes; remove it')
    deal.ignore('MinBids', 'edge starts with the bids that it has')
    deal.finish()
  }
  const readsFootage = draft.inputs?.some(({ source }) => source.type === 'localDirectory') === true
  if (!isForAll && concurrency === undefined && readsFootage) {
    findings.warn(
      deal?.at('TargetingMode') ?? spec.at('Deal'),
      'it will run on one node; write Deal: { TargetingMode: true } for every node that has the input',
    )
  }
}

/** true or `all`; false, `any` or nothing for some nodes. */
function targetsAll(deal: Fields): boolean {
  const mode = deal.text('TargetingMode')?.toLowerCase()
  if (mode !== undefined && !['true', 'all', 'any'].includes(mode))
    deal.findings.problem(
      deal.at('TargetingMode'),
      `is true (every matching node) or false, not ${shown(mode)}`,
    )
  return mode === 'true' || mode === 'all'
}

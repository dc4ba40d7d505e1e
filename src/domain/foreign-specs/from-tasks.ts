import type { JobSpecInput } from '../job-spec.ts'
import { emptyDraft, type Draft } from './draft.ts'
import { addVariable, readEngine } from './engines.ts'
import { Fields, shown } from './fields.ts'
import type { Findings } from './findings.ts'
import { readInput } from './inputs.ts'
import { readNetwork, readOutputs, readPublisher, readResources, readSeconds, readSelector } from './parts.ts'

/** Bacalhau’s later job (its pkg/models/job.go, v1.2 to v1.9): `Type`, `Count`, `Constraints`, and one of `Tasks`. */
export function fromTasks(body: object, path: string, findings: Findings): JobSpecInput {
  const job = new Fields(body, path, findings)
  const draft = emptyDraft()
  const name = job.text('Name')
  if (name !== undefined) draft.name = name
  findings.comesFrom('name', job.at('Name'))
  readType(draft, job)
  const priority = job.number('Priority')
  if (priority !== undefined) draft.priority = priority
  findings.comesFrom('priority', job.at('Priority'))
  readLabels(draft, job)
  readSelector(draft, job, 'Constraints')
  job.ignore('Meta', 'edge keeps labels only; move what you look for to Labels')
  job.skip('ID', 'State', 'Version', 'Revision', 'CreateTime', 'ModifyTime', 'Tasks')
  const [task, ...others] = job.objects('Tasks')
  if (task === undefined) findings.problem(job.at('Tasks'), 'holds no task')
  else readTask(draft, task)
  for (const { path: at } of others) findings.problem(at, 'a job is one task; write a job for each')
  job.finish()
  return draft
}

function readType(draft: Draft, job: Fields): void {
  const { findings } = job
  const type = job.text('Type')?.toLowerCase()
  const count = job.number('Count')
  findings.comesFrom('count', job.at('Count'))
  if (type === 'batch' || type === 'ops' || type === 'daemon') draft.type = type
  else if (type === 'service')
    findings.problem(
      job.at('Type'),
      'edge has no service jobs; daemon runs on every matching node, batch on Count nodes',
    )
  else if (type !== undefined) findings.problem(job.at('Type'), `is batch, ops or daemon, not ${shown(type)}`)
  if (count !== undefined && !(count === 1 && draft.type !== 'batch')) draft.count = count
}

/** Labels, and the namespace as one of them, since edge has no namespaces. */
function readLabels(draft: Draft, job: Fields): void {
  for (const [key, value] of job.pairs('Labels')) {
    draft.labels = { ...draft.labels, [key]: value }
    job.findings.comesFrom(`labels.${key}`, `${job.at('Labels')}.${key}`)
  }
  const namespace = job.text('Namespace')
  if (namespace === undefined || namespace === 'default') return
  job.findings.warn(job.at('Namespace'), 'edge has no namespaces; it becomes the label namespace')
  draft.labels = { namespace, ...draft.labels }
  job.findings.comesFrom('labels.namespace', job.at('Namespace'))
}

function readTask(draft: Draft, task: Fields): void {
  task.skip('Name')
  task.ignore('Meta', 'edge keeps labels only; move what you look for to Labels')
  const engine = task.object('Engine')
  readEngine(
    draft,
    {
      type: engine?.text('Type'),
      at: engine?.at('Type') ?? task.at('Engine'),
      params: engine?.object('Params'),
    },
    task,
  )
  engine?.finish()
  readEnvironment(draft, task)
  const publisher = task.object('Publisher')
  readPublisher(publisher?.text('Type'), publisher?.at('Type') ?? task.at('Publisher'), task)
  publisher?.skip('Params')
  publisher?.finish()
  for (const input of task.objects('InputSources')) readInputSource(draft, input)
  readOutputs(draft, task, 'ResultPaths')
  readResources(draft, task, 1000)
  readNetwork(draft, task.object('Network'))
  if (!task.has('Network') && draft.engine.type === 'docker')
    task.findings.warn(
      task.at('Network'),
      'edge gives no network unless asked; write Network: { Type: Full } when the work needs one',
    )
  readTimeouts(draft, task.object('Timeouts'))
  task.finish()
}

/** `Env` of the task; for containers also the variables that Bacalhau’s nodes set, filled in by edge’s. */
function readEnvironment(draft: Draft, task: Fields): void {
  if (draft.engine.type !== 'docker') {
    task.skip('Env')
    return
  }
  draft.env = { ...setByNodes, BACALHAU_JOB_TYPE: draft.type ?? 'batch', ...draft.env }
  for (const [name, value] of task.pairs('Env')) {
    const path = `${task.at('Env')}.${name}`
    if (value.startsWith('env:'))
      task.findings.problem(
        path,
        'edge hands on no variable of the node; write the value, or -V name=value with a template',
      )
    addVariable(draft, { name, value, path }, task)
  }
}

const setByNodes: Readonly<Record<string, string>> = {
  BACALHAU_EXECUTION_ID: '{{.ExecutionID}}',
  BACALHAU_JOB_ID: '{{.JobID}}',
  BACALHAU_PARTITION_INDEX: '{{.PartitionIndex}}',
  BACALHAU_PARTITION_COUNT: '{{.PartitionCount}}',
}

function readInputSource(draft: Draft, input: Fields): void {
  const source = input.object('Source')
  const params = source?.object('Params')
  const type = source?.text('Type')
  const typeAt = source?.at('Type') ?? input.at('Source')
  readInput(draft, { type, typeAt, fields: params, owner: input, target: 'Target' })
  if (type !== undefined && params === undefined)
    input.findings.problem(source?.at('Params') ?? typeAt, 'is missing')
  params?.finish()
  input.skip('Alias')
  source?.finish()
  input.finish()
}

function readTimeouts(draft: Draft, timeouts: Fields | undefined): void {
  if (timeouts === undefined) return
  const executionSeconds = readSeconds(timeouts, 'ExecutionTimeout')
  const queueSeconds = readSeconds(timeouts, 'QueueTimeout')
  const totalSeconds = readSeconds(timeouts, 'TotalTimeout')
  timeouts.finish()
  timeouts.findings.comesFrom('timeouts.executionSeconds', timeouts.at('ExecutionTimeout'))
  timeouts.findings.comesFrom('timeouts.queueSeconds', timeouts.at('QueueTimeout'))
  timeouts.findings.comesFrom('timeouts.totalSeconds', timeouts.at('TotalTimeout'))
  draft.timeouts = {
    ...(executionSeconds === undefined ? {} : { executionSeconds }),
    ...(queueSeconds === undefined ? {} : { queueSeconds }),
    ...(totalSeconds === undefined ? {} : { totalSeconds }),
  }
}

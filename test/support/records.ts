import { JobSpec, NodeId } from '../../src/domain/index.ts'
import type {
  ExecutionId,
  ExecutionRecord,
  ExecutionState,
  JobId,
  JobRecord,
  JobSpecInput,
  NodeInfo,
  NodeRecord,
} from '../../src/domain/index.ts'

/** A valid node id that ends in `name` (letters only, at most 8). */
export function nodeIdOf(name: string): NodeId {
  return NodeId.parse(`12D3KooW${'1'.repeat(44 - name.length)}${name}`)
}

/** The `n`th job id. */
export function jobIdOf(n: number): JobId {
  return `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000` as JobId
}

/** The `n`th execution id. */
export function executionIdOf(n: number): ExecutionId {
  return `e-${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000` as ExecutionId
}

/** A whole spec: the noop engine, and what is given. */
export function specOf(spec: Partial<JobSpecInput> = {}): JobSpec {
  return JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' }, ...spec })
}

export function jobOf(spec: Partial<JobSpecInput> = {}, job: Partial<JobRecord> = {}): JobRecord {
  return {
    id: jobIdOf(1),
    spec: specOf(spec),
    state: 'Pending',
    revision: 0,
    createdAtMs: 1_000_000,
    updatedAtMs: 1_000_000,
    ...job,
  }
}

export function nodeInfoOf(name: string, info: Partial<NodeInfo> = {}): NodeInfo {
  return {
    name,
    version: '0.1.0',
    labels: {},
    engines: [{ type: 'noop', detail: 'does nothing' }],
    sources: ['localDirectory'],
    capacity: { cpu: 8, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 0 },
    free: { cpu: 8, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 0 },
    allowedPaths: [],
    maxConcurrent: 4,
    devices: [],
    ...info,
  }
}

/** An approved node of that name, known since long. */
export function nodeOf(name: string, node: Partial<NodeRecord> = {}): NodeRecord {
  return {
    id: nodeIdOf(name),
    approval: 'approved',
    info: nodeInfoOf(name),
    bootId: 'boot',
    dataEpoch: 'epoch',
    ackedReportSeq: 0,
    firstSeenAtMs: 0,
    lastSeenAtMs: 0,
    duty: 'active',
    setLabels: {},
    ...node,
  }
}

let executions = 0

/** The next execution of job 1 on that node. */
export function executionOf(
  name: string,
  state: ExecutionState,
  execution: Partial<ExecutionRecord> = {},
): ExecutionRecord {
  executions += 1
  return {
    id: executionIdOf(executions),
    jobId: jobIdOf(1),
    nodeId: nodeIdOf(name),
    nodeName: name,
    attempt: 1,
    token: executions,
    state,
    revision: 1,
    createdAtMs: 1_000_000,
    updatedAtMs: 1_000_000,
    ...execution,
  }
}

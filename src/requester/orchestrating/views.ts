import {
  isExecutionOver,
  type ExecutionRecord,
  type ExecutionView,
  type JobExplanation,
  type JobRecord,
  type JobSummary,
  type JobView,
  type NodeRecord,
  type NodeView,
  type ResultView,
} from '../../domain/index.ts'
import { labelsOf, type Fleet, type Member } from '../fleet/index.ts'
import { explainNodes, passedOverNodes } from '../planner/index.ts'

/** What the fleet sees now, beside what the store keeps. */
export class Views {
  readonly #fleet: Fleet
  readonly #nowMs: () => number

  constructor(fleet: Fleet, nowMs: () => number) {
    this.#fleet = fleet
    this.#nowMs = nowMs
  }

  job(job: JobRecord, executions: readonly ExecutionRecord[]): JobView {
    const nodes = this.#fleet.sights(this.#nowMs())
    return {
      ...job,
      executions: executions.map((execution) => this.execution(execution)),
      passedOver: [...passedOverNodes({ job, executions, nodes })],
    }
  }

  /** Why each node was chosen or not. */
  explanation(job: JobRecord, executions: readonly ExecutionRecord[]): JobExplanation {
    const { id, state, reason, spec } = job
    const nodes = explainNodes({ job, executions, nodes: this.#fleet.sights(this.#nowMs()) })
    return {
      jobId: id,
      state,
      type: spec.type,
      count: spec.count,
      ...(reason === undefined ? {} : { reason }),
      nodes: [...nodes],
    }
  }

  execution(execution: ExecutionRecord): ExecutionView {
    const member = this.#fleet.member(execution.nodeId)
    const progress = isExecutionOver(execution.state) ? undefined : member?.progressOf(execution.id)
    return {
      ...execution,
      ...connectivityOf(member),
      ...(progress === undefined ? {} : { progress }),
    }
  }

  node(record: NodeRecord, live: readonly ExecutionRecord[]): NodeView {
    const member = this.#fleet.member(record.id)
    const free = member?.free ?? record.info.free
    return {
      ...record,
      info: { ...record.info, free, labels: labelsOf(record) },
      ...connectivityOf(member),
      runningExecutions: live.filter(({ state }) => state === 'Running').length,
      liveExecutions: live.length,
    }
  }
}

function connectivityOf(member: Member | undefined): Pick<NodeView, 'connectivity' | 'disconnectedSinceMs'> {
  if (member?.connectivity === 'connected') return { connectivity: 'connected' }
  if (member === undefined) return { connectivity: 'disconnected' }
  return { connectivity: 'disconnected', disconnectedSinceMs: member.record.lastSeenAtMs }
}

/**
 * The executions that stand for the job: without rejected bids, and without attempts that a newer one replaced, on the same
 * node or, once a batch job completed, anywhere. What a replaced attempt had published is not a result of the job.
 */
function standing(
  { spec, state }: JobRecord,
  executions: readonly ExecutionRecord[],
): readonly ExecutionRecord[] {
  const isReplaced = (execution: ExecutionRecord): boolean =>
    execution.state !== 'Completed' && executions.some((other) => isRetryOf(other, execution))
  const isSettled = spec.type === 'batch' && state === 'Completed'
  return executions.filter((execution) => {
    if (execution.state === 'AskForBidRejected' || execution.state === 'Superseded') return false
    return !isReplaced(execution) && !(isSettled && execution.state !== 'Completed')
  })
}

/** A later attempt on the same node, or at the same partition. */
function isRetryOf(other: ExecutionRecord, execution: ExecutionRecord): boolean {
  const { nodeId, attempt, partition, token } = execution
  if (other.nodeId === nodeId && other.attempt > attempt) return true
  return partition !== undefined && other.partition === partition && other.token > token
}

/** One line of a list of jobs. */
export function summaryOf(job: JobRecord, executions: readonly ExecutionRecord[]): JobSummary {
  const { spec, idempotencyKey: _key, ...rest } = job
  const counted = standing(job, executions)
  const inState = (...states: readonly ExecutionRecord['state'][]): number =>
    counted.filter(({ state }) => states.includes(state)).length
  return {
    ...rest,
    ...(spec.name === undefined ? {} : { name: spec.name }),
    type: spec.type,
    engine: spec.engine.type,
    executions: {
      total: counted.length,
      running: inState('Running', 'Publishing'),
      completed: inState('Completed'),
      failed: inState('Failed'),
    },
  }
}

/** The published results of the job. */
export function resultsOf(job: JobRecord, executions: readonly ExecutionRecord[]): readonly ResultView[] {
  return standing(job, executions).flatMap((execution): ResultView[] => {
    const { id: executionId, nodeId, nodeName, state, result } = execution
    if (result === undefined) return []
    return [{ executionId, nodeId, nodeName, state, summary: result, fetched: isFetched(execution) }]
  })
}

/** An execution with a result ends when its result is here, unless the end came in the way of that. */
export function isFetched({ state, result, outcome, reason }: ExecutionRecord): boolean {
  if (result === undefined || !isExecutionOver(state)) return false
  if (state === 'Completed') return true
  return outcome?.state === state && outcome.reason?.code === reason?.code
}

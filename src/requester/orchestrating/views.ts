import {
  isExecutionOver,
  type ExecutionRecord,
  type ExecutionView,
  type JobRecord,
  type JobSummary,
  type JobView,
  type NodeRecord,
  type NodeView,
  type ResultView,
} from '../../domain/index.ts'
import type { Fleet, Member } from '../fleet/index.ts'
import { passedOverNodes } from '../planner/index.ts'

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
      info: { ...record.info, free },
      ...connectivityOf(member),
      runningExecutions: live.filter(({ state }) => state === 'Running').length,
    }
  }
}

function connectivityOf(member: Member | undefined): Pick<NodeView, 'connectivity' | 'disconnectedSinceMs'> {
  if (member?.connectivity === 'connected') return { connectivity: 'connected' }
  if (member === undefined) return { connectivity: 'disconnected' }
  return { connectivity: 'disconnected', disconnectedSinceMs: member.record.lastSeenAtMs }
}

/** One line of a list of jobs. */
export function summaryOf(job: JobRecord, executions: readonly ExecutionRecord[]): JobSummary {
  const { spec, idempotencyKey: _key, ...rest } = job
  const inState = (...states: readonly ExecutionRecord['state'][]): number =>
    executions.filter(({ state }) => states.includes(state)).length
  return {
    ...rest,
    ...(spec.name === undefined ? {} : { name: spec.name }),
    type: spec.type,
    engine: spec.engine.type,
    executions: {
      total: executions.length,
      running: inState('Running', 'Publishing'),
      completed: inState('Completed'),
      failed: inState('Failed'),
    },
  }
}

/** The published results among the executions. */
export function resultsOf(executions: readonly ExecutionRecord[]): readonly ResultView[] {
  return executions.flatMap((execution): ResultView[] => {
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

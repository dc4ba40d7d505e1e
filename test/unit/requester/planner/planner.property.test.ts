import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  executionTransitions,
  isExecutionOver,
  isJobOver,
  jobTransitions,
  transition,
  type ExecutionRecord,
  type ExecutionState,
  type JobRecord,
  type ReasonCode,
} from '../../../../src/domain/index.ts'
import { plan, type NodeSight, type PlanInput } from '../../../../src/requester/planner/index.ts'
import { defaultTimings } from '../../../../src/requester/timings.ts'
import { executionIdOf, jobOf, nodeInfoOf, nodeOf } from '../../../support/records.ts'

/** A world of one job and a few nodes, in which the fleet does what the generated script says. */
class World {
  nowMs = 1_000_000
  job: JobRecord
  nodes: NodeSight[]
  executions: ExecutionRecord[] = []
  /** Told to stop. */
  readonly stopping = new Set<string>()

  constructor(job: JobRecord, nodes: readonly NodeSight[]) {
    this.job = job
    this.nodes = [...nodes]
  }

  get input(): PlanInput {
    const { job, nodes, executions, nowMs } = this
    return { job, nodes, executions, nowMs, timings: defaultTimings }
  }

  /** Plans and applies until nothing is left to do; every move goes through the tables. */
  settle(): void {
    for (let round = 0; round < 5; round++) {
      const { actions } = plan(this.input)
      expect(plan(this.input).actions).toEqual(actions)
      if (actions.length === 0) return
      for (const action of actions) {
        switch (action.kind) {
          case 'ask':
            this.executions.push({
              id: executionIdOf(this.executions.length + 1),
              jobId: this.job.id,
              nodeId: action.nodeId,
              nodeName: action.nodeName,
              attempt: action.attempt,
              token: this.executions.length + 1,
              state: 'AskForBid',
              revision: 1,
              createdAtMs: this.nowMs,
              updatedAtMs: this.nowMs,
            })
            break
          case 'take':
            this.move(action.execution, 'BidAccepted', undefined, action.partition)
            break
          case 'cancel':
            this.stopping.add(action.execution.id)
            break
          case 'end':
            this.move(action.execution, action.to, action.reason.code)
            break
          case 'moveJob':
            this.job = {
              ...this.job,
              state: transition(jobTransitions, this.job.state, action.to),
              revision: this.job.revision + 1,
            }
        }
      }
      this.check()
    }
    expect(plan(this.input).actions, 'planning comes to rest').toEqual([])
  }

  move(execution: ExecutionRecord, to: ExecutionState, code?: ReasonCode, partition?: number): void {
    const at = this.executions.findIndex(({ id }) => id === execution.id)
    const now = this.executions[at]!
    this.executions[at] = {
      ...now,
      state: transition(executionTransitions, now.state, to),
      revision: now.revision + 1,
      updatedAtMs: this.nowMs,
      ...(code === undefined ? {} : { reason: { code, message: code } }),
      ...(partition === undefined ? {} : { partition }),
    }
  }

  check(): void {
    const { type, count } = this.job.spec
    const live = this.executions.filter(({ state }) => !isExecutionOver(state))
    const perNode = live.map(({ nodeId }) => nodeId)
    expect(new Set(perNode).size, 'one live execution per node').toBe(perNode.length)
    const completed = this.executions.filter(({ state }) => state === 'Completed')
    if (type === 'batch') {
      const held = [...completed, ...live.filter(isStarted)].map(({ partition }) => partition)
      expect(new Set(held).size, 'no partition is worked on or completed twice').toBe(held.length)
      expect(held.every((partition) => partition !== undefined && partition < count)).toBe(true)
    }
    if (type !== 'batch') expect(new Set(completed.map(({ nodeId }) => nodeId)).size).toBe(completed.length)
    const attempts = this.executions.map(({ nodeId, attempt }) => `${nodeId} ${String(attempt)}`)
    expect(new Set(attempts).size, 'attempts of a node are numbered').toBe(attempts.length)
    if (isJobOver(this.job.state)) expect(live, 'a job ends when all its executions did').toEqual([])
  }

  /** What the node of a live execution does next. */
  react(pick: number, outcome: Outcome): void {
    const live = this.executions.filter(({ state }) => !isExecutionOver(state))
    const execution = live[pick % Math.max(1, live.length)]
    if (execution === undefined) return
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the node moves in these states only
    switch (execution.state) {
      case 'AskForBid':
        if (outcome === 'silence') return
        if (outcome === 'success') this.move(execution, 'AskForBidAccepted')
        else this.move(execution, 'AskForBidRejected', outcome === 'crash' ? 'queue_full' : 'path_missing')
        return
      case 'BidAccepted':
        if (outcome === 'crash') this.move(execution, 'Failed', 'engine_crashed')
        else this.move(execution, 'Running')
        return
      case 'Running':
        this.move(execution, 'Publishing')
        return
      case 'Publishing':
        if (outcome === 'failure') this.move(execution, 'Failed', 'exit_code')
        else if (outcome === 'crash') this.move(execution, 'Failed', 'data_lost')
        else this.move(execution, 'Completed')
    }
  }
}

const isStarted = ({ state }: ExecutionRecord) => ['BidAccepted', 'Running', 'Publishing'].includes(state)

const outcomes = ['success', 'failure', 'crash', 'silence'] as const
type Outcome = (typeof outcomes)[number]

const names = ['a', 'b', 'c', 'd']
const node = fc.record({
  approval: fc.constantFrom('approved', 'approved', 'approved', 'pending', 'rejected'),
  isConnected: fc.boolean(),
  hasEngine: fc.boolean(),
  cpu: fc.constantFrom(1, 2, 8),
})
const step = fc.oneof(
  fc.record({ kind: fc.constant('react' as const), pick: fc.nat(5), outcome: fc.constantFrom(...outcomes) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 1000, 6000, 61_000, 4_000_000) }),
  fc.record({ kind: fc.constant('flip' as const), pick: fc.nat(3) }),
)
const world = fc.record({
  type: fc.constantFrom('ops', 'batch', 'daemon'),
  count: fc.integer({ min: 1, max: 4 }),
  hasInputs: fc.boolean(),
  workloadRetries: fc.nat(2),
  nodes: fc.array(node, { maxLength: 4 }),
  steps: fc.array(step, { maxLength: 60 }),
})

function build({
  type,
  count,
  hasInputs,
  workloadRetries,
  nodes,
}: {
  type: 'ops' | 'batch' | 'daemon'
  count: number
  hasInputs: boolean
  workloadRetries: number
  nodes: Parameters<typeof sightOf>[0][]
}): World {
  const spec = {
    type,
    ...(type === 'batch' ? { count } : {}),
    timeouts: { queueSeconds: 3600 },
    disconnect: { tolerateSeconds: 600 },
    retries: { workload: workloadRetries },
    inputs: hasInputs
      ? [{ source: { type: 'localDirectory' as const, path: '/videos' }, target: '/videos' }]
      : [],
  }
  return new World(
    jobOf(spec),
    nodes.map((each, index) => sightOf(each, index)),
  )
}

function sightOf(
  {
    approval,
    isConnected,
    hasEngine,
    cpu,
  }: { approval: 'approved' | 'pending' | 'rejected'; isConnected: boolean; hasEngine: boolean; cpu: number },
  index: number,
): NodeSight {
  const name = names[index]!
  const info = nodeInfoOf(name, {
    free: { cpu, memoryBytes: 2 ** 30, diskBytes: 2 ** 40, gpu: 0 },
    ...(hasEngine ? {} : { engines: [] }),
  })
  const record = nodeOf(name, { approval, info })
  return isConnected
    ? { record, connectivity: 'connected' }
    : { record, connectivity: 'disconnected', disconnectedSinceMs: 1_000_000 }
}

function flip({ record, connectivity }: NodeSight, nowMs: number): NodeSight {
  if (connectivity === 'disconnected') return { record, connectivity: 'connected' }
  return { record, connectivity: 'disconnected', disconnectedSinceMs: nowMs }
}

describe('the planner, whatever the fleet does', () => {
  it('comes to rest, keeps to the tables, and never runs twice where once is asked', () => {
    fc.assert(
      fc.property(world, (script) => {
        const it = build(script)
        it.settle()
        for (const each of script.steps) {
          if (each.kind === 'react') it.react(each.pick, each.outcome)
          if (each.kind === 'pass') it.nowMs += each.ms
          if (each.kind === 'flip') {
            const at = each.pick % Math.max(1, it.nodes.length)
            const sight = it.nodes[at]
            if (sight !== undefined) it.nodes[at] = flip(sight, it.nowMs)
          }
          it.settle()
        }
      }),
      { numRuns: 500 },
    )
  })

  it('brings every ops and batch job to an end once the fleet is well and time passes', () => {
    fc.assert(
      fc.property(world, (script) => {
        if (script.type === 'daemon') return
        const it = build(script)
        for (const each of script.steps) {
          if (each.kind === 'react') it.react(each.pick, each.outcome)
          if (each.kind === 'pass') it.nowMs += each.ms
          it.settle()
        }
        it.nodes = it.nodes.map(({ record }) => ({ record, connectivity: 'connected' }))
        for (let round = 0; round < 200 && !isJobOver(it.job.state); round++) {
          it.settle()
          for (let pick = 0; pick < 5; pick++) it.react(pick, 'success')
          it.settle()
          const { dueAtMs } = plan(it.input)
          const hasLive = it.executions.some(({ state }) => !isExecutionOver(state))
          if (!hasLive && !isJobOver(it.job.state))
            expect(dueAtMs ?? 0, 'it says when to look again').toBeGreaterThan(0)
          it.nowMs = Math.max(it.nowMs + 1, hasLive ? 0 : (dueAtMs ?? 0))
        }
        it.settle()
        expect(isJobOver(it.job.state)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

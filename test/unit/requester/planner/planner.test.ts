import { describe, expect, it } from 'vitest'
import type { ReasonCode } from '../../../../src/domain/index.ts'
import { plan, type NodeSight, type PlanInput } from '../../../../src/requester/planner/index.ts'
import { defaultTimings } from '../../../../src/requester/timings.ts'
import { executionOf, jobOf, nodeInfoOf, nodeOf } from '../../../support/records.ts'

const created = 1_000_000
const second = 1000
const day = 86_400 * second

const up = (name: string, node: Parameters<typeof nodeOf>[1] = {}): NodeSight => ({
  record: nodeOf(name, node),
  connectivity: 'connected',
})
const down = (name: string, sinceMs = 0, node: Parameters<typeof nodeOf>[1] = {}): NodeSight => ({
  record: nodeOf(name, node),
  connectivity: 'disconnected',
  disconnectedSinceMs: sinceMs,
})
const because = (code: ReasonCode) => ({ reason: { code, message: code } })
const planned = (input: Partial<PlanInput>) => {
  const whole = { job: jobOf(), executions: [], nodes: [], nowMs: created, timings: defaultTimings, ...input }
  const result = plan(whole)
  return {
    ...result,
    short: result.actions.map(short),
    passed: result.passedOver.map(({ nodeName, reason }) => `${nodeName}: ${reason.code}`),
  }
}
function short(action: ReturnType<typeof plan>['actions'][number]): string {
  switch (action.kind) {
    case 'ask':
      return `ask ${action.nodeName} #${String(action.attempt)}`
    case 'take':
      return `take ${action.execution.nodeName}${action.partition === undefined ? '' : ` as ${String(action.partition)}`}`
    case 'cancel':
      return `cancel ${action.execution.nodeName} ${action.reason.code}`
    case 'end':
      return `${action.to} ${action.execution.nodeName} ${action.reason.code}`
    case 'moveJob':
      return [action.to, action.reason?.code].filter(Boolean).join(' ')
  }
}
const ops = (rest: Parameters<typeof jobOf>[0] = {}, job: Parameters<typeof jobOf>[1] = {}) =>
  jobOf({ type: 'ops', ...rest }, job)
const queued = { state: 'Queued' } as const

describe('planning an ops job', () => {
  it('asks every approved, connected, matching node and passes over the others with a reason', () => {
    const { short, passed } = planned({
      job: ops({ selector: 'site=north', resources: { cpu: 4 } }),
      nodes: [
        up('a', { info: nodeInfoOf('a', { labels: { site: 'north' } }) }),
        up('b', { info: nodeInfoOf('b', { labels: { site: 'south' } }) }),
        up('c', { info: nodeInfoOf('c', { labels: { site: 'north' }, engines: [] }) }),
        up('d', {
          info: nodeInfoOf('d', {
            labels: { site: 'north' },
            capacity: { cpu: 2, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, gpu: 0 },
          }),
        }),
        up('f', { approval: 'pending' }),
        up('g', { info: nodeInfoOf('g', { labels: { site: 'north' } }) }),
      ],
    })
    expect(short).toEqual(['ask a #1', 'ask g #1', 'Queued'])
    expect(passed).toEqual([
      'b: selector_mismatch',
      'c: engine_unavailable',
      'd: capacity_exceeded',
      'f: not_approved',
    ])
  })

  it('fails at once when nodes are known and none matches', () => {
    const result = planned({ job: ops({ selector: 'x' }), nodes: [up('a'), down('b')] })
    expect(result.short).toEqual(['Failed no_node_matches'])
    expect(result.passed).toEqual(['a: selector_mismatch', 'b: selector_mismatch'])
  })

  it('queues while no node is known, takes those that join, and fails at the queue timeout', () => {
    const first = planned({ job: ops() })
    expect(first).toMatchObject({ short: ['Queued'], dueAtMs: created + day, isWaiting: true })
    const late = up('a', { firstSeenAtMs: created + second })
    expect(planned({ job: ops({}, queued), nodes: [late] }).short).toEqual(['ask a #1'])
    expect(planned({ job: ops({}, queued), nowMs: created + day }).short).toEqual(['Failed queue_timeout'])
  })

  it('leaves out nodes that join after it was submitted to a fleet', () => {
    const late = up('b', { firstSeenAtMs: created + second })
    expect(planned({ job: ops(), nodes: [up('a'), late] }).short).toEqual(['ask a #1', 'Queued'])
  })

  it('waits for offline nodes within the queue timeout and passes over them then', () => {
    const job = ops({ timeouts: { queueSeconds: 60 } }, queued)
    const input = { job, nodes: [up('a'), down('b')], executions: [executionOf('a', 'Completed')] }
    expect(planned(input)).toMatchObject({
      short: [],
      passed: ['b: disconnected'],
      dueAtMs: created + 60 * second,
      isWaiting: true,
    })
    expect(planned({ ...input, nowMs: created + 60 * second })).toMatchObject({
      short: ['Completed'],
      passed: ['b: disconnected'],
    })
    const alone = { job, nodes: [down('b')], nowMs: created + 60 * second }
    expect(planned(alone).short).toEqual(['Failed queue_timeout'])
  })

  it('lists a rejected bid and completes without it', () => {
    const executions = [
      executionOf('a', 'Completed'),
      executionOf('b', 'AskForBidRejected', because('path_not_allowed')),
    ]
    const result = planned({ job: ops({}, queued), nodes: [up('a'), up('b')], executions })
    expect(result).toMatchObject({ short: ['Completed'], passed: ['b: path_not_allowed'] })
  })

  it('fails when every bid was rejected', () => {
    const executions = [executionOf('a', 'AskForBidRejected', because('input_empty'))]
    expect(planned({ job: ops({}, queued), nodes: [up('a')], executions }).short).toEqual([
      'Failed all_bids_rejected',
    ])
  })

  it('asks a busy node again after a pause, and no longer than the queue timeout', () => {
    const busy = executionOf('a', 'AskForBidRejected', because('queue_full'))
    const input = { job: ops({}, queued), nodes: [up('a')], executions: [busy] }
    expect(planned(input)).toMatchObject({
      short: [],
      dueAtMs: created + 5 * second,
      passed: ['a: queue_full'],
    })
    expect(planned({ ...input, nowMs: created + 5 * second }).short).toEqual(['ask a #2'])
    expect(planned({ ...input, nowMs: created + day }).short).toEqual(['Failed queue_timeout'])
  })

  it('takes an accepted bid and calls the job Running while something runs', () => {
    const executions = [executionOf('a', 'AskForBidAccepted'), executionOf('b', 'Running')]
    expect(planned({ job: ops({}, queued), nodes: [up('a'), up('b')], executions }).short).toEqual([
      'take a',
      'Running',
    ])
  })

  it.each([
    [['Completed', 'Failed'], 'PartiallyCompleted some_executions_failed'],
    [['Failed', 'Failed'], 'Failed all_executions_failed'],
    [['Completed', 'Completed'], 'Completed'],
  ] as const)('ends %s as %s', ([a, b], end) => {
    const executions = [executionOf('a', a, because('exit_code')), executionOf('b', b, because('exit_code'))]
    expect(planned({ job: ops({}, queued), nodes: [up('a'), up('b')], executions }).short).toEqual([end])
  })

  it('repeats infrastructure failures on the same node with growing pauses, as often as the spec says', () => {
    const job = ops({ retries: { infrastructure: 2 } }, queued)
    const crash = (attempt: number) => executionOf('a', 'Failed', { attempt, ...because('engine_crashed') })
    const at = (attempts: number, nowMs: number) =>
      planned({
        job,
        nodes: [up('a'), up('b')],
        executions: [
          executionOf('b', 'Completed'),
          ...Array.from({ length: attempts }, (_, i) => crash(i + 1)),
        ],
        nowMs,
      })
    expect(at(1, created)).toMatchObject({ short: [], dueAtMs: created + 2 * second })
    expect(at(1, created + 2 * second).short).toEqual(['ask a #2'])
    expect(at(2, created + 2 * second)).toMatchObject({ short: [], dueAtMs: created + 4 * second })
    expect(at(3, created + day).short).toEqual(['PartiallyCompleted some_executions_failed'])
  })

  it('does not repeat the workload’s own failure', () => {
    const executions = [executionOf('a', 'Failed', because('exit_code'))]
    expect(planned({ job: ops({}, queued), nodes: [up('a')], executions }).short).toEqual([
      'Failed all_executions_failed',
    ])
  })

  it('supersedes an offer that was not answered, whether the node is connected or not, and asks again', () => {
    for (const node of [up('a'), down('a')]) {
      const input = { job: ops({}, queued), nodes: [node], executions: [executionOf('a', 'AskForBid')] }
      expect(planned(input)).toMatchObject({ short: [], dueAtMs: created + 60 * second })
      expect(planned({ ...input, nowMs: created + 60 * second }).short).toEqual([
        'Superseded a offer_not_acknowledged',
      ])
    }
    const given = executionOf('a', 'Superseded', because('offer_not_acknowledged'))
    expect(
      planned({ job: ops({}, queued), nodes: [up('a')], executions: [given], nowMs: created + 5 * second })
        .short,
    ).toEqual(['ask a #2'])
  })

  it('never fails or moves the work of a silent node', () => {
    const input = {
      job: ops({ disconnect: { tolerateSeconds: 1 } }, { state: 'Running' }),
      nodes: [down('a'), up('b')],
      executions: [executionOf('a', 'Running'), executionOf('b', 'Completed')],
    }
    expect(planned({ ...input, nowMs: created + 300 * day }).short).toEqual([])
  })

  it('ends the work of a node that was rejected', () => {
    const node = up('a', { approval: 'rejected' })
    const ended = (state: 'AskForBid' | 'Running') =>
      planned({ job: ops({}, queued), nodes: [node], executions: [executionOf('a', state)] }).short
    expect(ended('Running')).toEqual(['Failed a node_removed'])
    expect(ended('AskForBid')).toEqual(['Superseded a node_removed'])
  })
})

describe('planning a daemon job', () => {
  it('takes nodes that join later and never ends by itself', () => {
    const late = up('b', { firstSeenAtMs: created + day })
    const executions = [executionOf('a', 'Completed')]
    const result = planned({
      job: jobOf({ type: 'daemon' }, queued),
      nodes: [up('a'), late],
      executions,
      nowMs: created + 3 * day,
    })
    expect(result).toMatchObject({ short: ['ask b #1'], isWaiting: true })
    const idle = planned({
      job: jobOf({ type: 'daemon' }, queued),
      nodes: [up('a')],
      executions,
      nowMs: created + 400 * day,
    })
    expect(idle).toMatchObject({ short: [], isWaiting: true })
  })
})

describe('planning a batch job', () => {
  const batch = (rest: Parameters<typeof jobOf>[0] = {}, job: Parameters<typeof jobOf>[1] = queued) =>
    jobOf({ type: 'batch', ...rest }, job)

  it('asks more nodes than it counts where there are inputs: those that may hold them first, then those with most free', () => {
    const info = (name: string, cpu: number, allowedPaths: string[] = []) => ({
      info: nodeInfoOf(name, { free: { cpu, memoryBytes: 1, diskBytes: 2 ** 40, gpu: 0 }, allowedPaths }),
    })
    const nodes = [
      up('a', info('a', 1)),
      up('b', info('b', 2)),
      up('c', info('c', 2)),
      up('d', info('d', 1, ['/videos/**:ro'])),
    ]
    const inputs = [{ source: { type: 'localDirectory', path: '/videos/gate' }, target: '/in' }] as const
    const ready = { count: 2, inputs: [...inputs] }
    const { short } = planned({ job: batch(ready), nodes })
    expect(short).toHaveLength(4)
    expect([short[0], short.slice(1, 3).sort(), short[3]]).toEqual([
      'ask d #1',
      ['ask b #1', 'ask c #1'],
      'ask a #1',
    ])
    expect(planned({ job: batch({ count: 2 }), nodes }).short.sort()).toEqual(['ask b #1', 'ask c #1'])
  })

  it('goes on to other nodes after a rejection, and back to a busy one only after a pause', () => {
    const busy = executionOf('a', 'AskForBidRejected', because('queue_full'))
    expect(planned({ job: batch(), nodes: [up('a'), up('b')], executions: [busy] }).short).toEqual([
      'ask b #1',
    ])
    const refused = executionOf('b', 'AskForBidRejected', because('path_missing'))
    const input = { job: batch(), nodes: [up('a'), up('b')], executions: [busy, refused] }
    expect(planned(input)).toMatchObject({ short: [], dueAtMs: created + 5 * second, isWaiting: true })
    expect(planned({ ...input, nowMs: created + 5 * second }).short).toEqual(['ask a #2'])
  })

  it('uses a node twice only when no other is left, or the others stay away', () => {
    const executions = [executionOf('a', 'Completed')]
    expect(planned({ job: batch({ count: 2 }), nodes: [up('a')], executions }).short).toEqual(['ask a #2'])
    const input = { job: batch({ count: 2 }), nodes: [up('a'), down('b')], executions }
    expect(planned(input)).toMatchObject({ short: [], dueAtMs: created + 60 * second })
    expect(planned({ ...input, nowMs: created + 60 * second }).short).toEqual(['ask a #2'])
    expect(planned({ ...input, nodes: [up('a'), up('b')] }).short).toEqual(['ask b #1'])
  })

  it('completes at its count and counts failures of the workload', () => {
    const nodes = [up('a'), up('b')]
    const done = executionOf('a', 'Completed')
    expect(planned({ job: batch(), nodes, executions: [done] }).short).toEqual(['Completed'])
    const failed = executionOf('b', 'Failed', because('exit_code'))
    expect(planned({ job: batch({ count: 2 }), nodes, executions: [done, failed] }).short).toEqual([
      'PartiallyCompleted some_executions_failed',
    ])
    expect(planned({ job: batch(), nodes, executions: [failed] }).short).toEqual([
      'Failed all_executions_failed',
    ])
  })

  it('repeats infrastructure failures on another node after a pause, and gives up when the retries are used up', () => {
    const crash = executionOf('a', 'Failed', because('poison'))
    const input = {
      job: batch({ retries: { infrastructure: 1 } }),
      nodes: [up('a'), up('b')],
      executions: [crash],
    }
    expect(planned(input)).toMatchObject({ short: [], dueAtMs: created + 2 * second })
    expect(planned({ ...input, nowMs: created + 2 * second }).short).toEqual(['ask b #1'])
    const again = executionOf('b', 'Failed', because('data_lost'))
    expect(planned({ ...input, executions: [crash, again], nowMs: created + day / 2 }).short).toEqual([
      'Failed all_executions_failed',
    ])
  })

  it('moves the work of a node that is silent for longer than tolerated, when another node can take it', () => {
    const job = batch({ disconnect: { tolerateSeconds: 60 } }, { state: 'Running' })
    const input = { job, nodes: [down('a', created), up('b')], executions: [executionOf('a', 'Running')] }
    expect(planned({ ...input, nowMs: created + 59 * second })).toMatchObject({
      short: [],
      dueAtMs: created + 60 * second,
    })
    expect(planned({ ...input, nowMs: created + 60 * second }).short).toEqual([
      'Superseded a superseded',
      'ask b #1',
      'Queued',
    ])
    expect(planned({ ...input, nodes: [down('a', created)], nowMs: created + 60 * second })).toMatchObject({
      short: [],
      isWaiting: true,
    })
  })

  it('moves the work of a silent node, or of a drained one, long after the job was to find its first node', () => {
    const job = batch(
      { timeouts: { queueSeconds: 60 }, disconnect: { tolerateSeconds: 3600 } },
      { state: 'Running' },
    )
    const nowMs = created + day
    const silent = executionOf('a', 'Running', { partition: 0 })
    const nodes = [down('a', created), up('b')]
    expect(planned({ job, nodes, executions: [silent], nowMs }).short).toEqual([
      'Superseded a superseded',
      'ask b #1',
      'Queued',
    ])
    for (const code of ['superseded', 'draining'] as const) {
      const taken = executionOf('a', 'Superseded', { ...because(code), partition: 0, updatedAtMs: nowMs })
      const after = { job, nodes, executions: [taken], nowMs: nowMs + 2 * second }
      expect(planned(after).short).toEqual(['ask b #1', 'Queued'])
      expect(planned({ ...after, nowMs: nowMs + 60 * second }).short).toEqual(['Failed queue_timeout'])
    }
  })

  it('does not take the bid of a node that went away after it', () => {
    const nodes = [down('a', created), up('b')]
    const executions = [executionOf('a', 'AskForBidAccepted')]
    const input = { job: batch({}, queued), nodes, executions, nowMs: created + second }
    expect(planned(input).short).toEqual(['Superseded a disconnected', 'ask b #1'])
    expect(planned({ ...input, massSilenceMs: second }).short).toEqual([])
  })

  it('decides nothing about silent nodes while most are silent at once', () => {
    const job = batch({ disconnect: { tolerateSeconds: 60 } }, { state: 'Running' })
    const nodes = [down('a', created), up('b')]
    const silent = planned({
      job,
      nodes,
      executions: [executionOf('a', 'Running')],
      nowMs: created + day,
      massSilenceMs: day,
    })
    expect(silent.short).toEqual([])
    const waiting = {
      job: ops({ timeouts: { queueSeconds: 1 } }, queued),
      nodes: [down('a')],
      nowMs: created + 2 * second,
    }
    expect(planned({ ...waiting, massSilenceMs: second })).toMatchObject({
      short: [],
      dueAtMs: created + 601 * second,
    })
    expect(planned({ ...waiting, massSilenceMs: 600 * second }).short).toEqual(['Failed queue_timeout'])
  })
})

import { describe, expect, it } from 'vitest'
import type { ExecutionRecord, ReasonCode } from '../../../../src/domain/index.ts'
import { plan, type Action, type NodeSight, type PlanInput } from '../../../../src/requester/planner/index.ts'
import { seemsToHold } from '../../../../src/requester/planner/matching.ts'
import { defaultTimings } from '../../../../src/requester/timings.ts'
import { executionOf, jobOf, nodeInfoOf, nodeOf } from '../../../support/records.ts'

const created = 1_000_000
const inputs = [
  { source: { type: 'localDirectory' as const, path: '/videos', readWrite: false }, target: '/videos' },
]
const up = (name: string, cpu = 4): NodeSight => ({
  record: nodeOf(name, {
    info: nodeInfoOf(name, { free: { cpu, memoryBytes: 2 ** 30, diskBytes: 0, gpu: 0 } }),
  }),
  connectivity: 'connected',
})
const bid = (name: string, matchedBytes: number, rest: Partial<ExecutionRecord> = {}): ExecutionRecord =>
  executionOf(name, 'AskForBidAccepted', { bid: { matchedFiles: 1, matchedBytes }, ...rest })
const ended = (name: string, state: 'Failed' | 'Completed', partition: number, code?: ReasonCode) =>
  executionOf(name, state, { partition, ...(code && { reason: { code, message: code } }) })
const planned = (input: Partial<PlanInput>): readonly Action[] =>
  plan({
    job: jobOf({ inputs }, { state: 'Queued' }),
    executions: [],
    nodes: [up('a'), up('b'), up('c')],
    nowMs: created,
    timings: defaultTimings,
    ...input,
  }).actions
const short = (actions: readonly Action[]): string[] =>
  actions.map((action) => {
    switch (action.kind) {
      case 'ask':
        return `ask ${action.nodeName}`
      case 'take':
        return `${action.execution.nodeName} does ${String(action.partition)}`
      case 'end':
        return `${action.execution.nodeName} ${action.to}: ${action.reason.message}`
      case 'cancel':
        return `cancel ${action.execution.nodeName} ${action.reason.code}`
      case 'moveJob':
        return action.to
    }
  })

describe('the bids of a batch job', () => {
  it('are compared: the node with most of the data is taken, the others are told why not', () => {
    const executions = [bid('a', 100), bid('b', 300), bid('c', 200)]
    expect(short(planned({ executions }))).toEqual([
      'b does 0',
      'c AskForBidRejected: the bid of b was better: matchedBytes 200 against 300',
      'a AskForBidRejected: the bid of b was better: matchedBytes 100 against 300',
    ])
  })

  it('go by free capacity where the data is equal, and keep how they compared', () => {
    const executions = [bid('a', 100), bid('b', 100)]
    const [taken, beaten] = planned({ executions, nodes: [up('a', 2), up('b', 8)] })
    expect(taken).toMatchObject({
      execution: { nodeName: 'b' },
      choice: {
        isChosen: true,
        position: 1,
        of: 2,
        parts: [
          { name: 'runs', value: 0 },
          { name: 'matchedBytes', value: 100 },
          { name: 'matchedFiles', value: 1 },
          { name: 'freeCpu', value: 8 },
          { name: 'freeMemoryBytes', value: 2 ** 30 },
        ],
      },
    })
    expect(beaten).toMatchObject({ choice: { isChosen: false, position: 2, of: 2 }, isNodeTold: true })
  })

  it('are waited for, but not for longer than a second', () => {
    const executions = [bid('a', 100), executionOf('b', 'AskForBid')]
    expect(short(planned({ executions }))).toEqual([])
    expect(short(planned({ executions, nowMs: created + 1000 }))).toEqual([
      'a does 0',
      'b Superseded: other nodes answered sooner',
    ])
  })

  it('that lost do not keep a node from being asked again at once, when the chosen one fails', () => {
    const executions = [
      ended('a', 'Failed', 0, 'engine_crashed'),
      executionOf('b', 'AskForBidRejected', { reason: { code: 'outbid', message: '' } }),
    ]
    const later = { executions, nodes: [up('a'), up('b')], nowMs: created + 2000 }
    expect(short(planned(later))).toEqual(['ask b'])
  })
})

describe('before the bids', () => {
  it.each([
    ['/videos', true],
    ['/videos:ro', true],
    ['/videos/**:rw', true],
    ['/videos=/mnt/cam3/records:ro', true],
    ['/mnt/videos=/videos', false],
    ['/video', false],
  ])('a node that allows %j may hold /videos: %s', (entry, mayHold) => {
    const record = nodeOf('a', { info: nodeInfoOf('a', { allowedPaths: [entry] }) })
    expect(seemsToHold(jobOf({ inputs }).spec, record)).toBe(mayHold)
  })
})

describe('the partitions of a batch job', () => {
  const three = jobOf({ count: 3 }, { state: 'Queued' })

  it('are given to the bids that are taken, lowest number first, and kept by their retries', () => {
    const executions = [
      ended('a', 'Completed', 0),
      ended('b', 'Failed', 1, 'engine_crashed'),
      ended('c', 'Completed', 2),
      bid('d', 0, { createdAtMs: created + 2000 }),
    ]
    const nodes = ['a', 'b', 'c', 'd'].map((name) => up(name))
    expect(short(planned({ job: three, executions, nodes, nowMs: created + 2000 }))).toEqual(['d does 1'])
    const all = [bid('a', 0), bid('b', 0), bid('c', 0)]
    const numbers = planned({ job: three, executions: all }).map((action) =>
      action.kind === 'take' ? action.partition : undefined,
    )
    expect(numbers).toEqual([0, 1, 2])
  })

  it('are each given up after their own retries, not after those of others', () => {
    const job = jobOf({ count: 2, retries: { infrastructure: 1 } }, { state: 'Queued' })
    const executions = [
      ended('a', 'Failed', 0, 'data_lost'),
      ended('b', 'Failed', 0, 'data_lost'),
      ended('c', 'Completed', 1),
    ]
    expect(short(planned({ job, executions, nowMs: created + 1e6 }))).toEqual(['PartiallyCompleted'])
  })
})

describe('retries.workload', () => {
  const job = jobOf({ retries: { workload: 1 } }, { state: 'Queued' })

  it('lets work that ended with an exit code be tried again after a pause, on another node if there is one', () => {
    const once = { job, executions: [ended('a', 'Failed', 0, 'exit_code')], nodes: [up('a'), up('b')] }
    expect(short(planned(once))).toEqual([])
    expect(short(planned({ ...once, nowMs: created + 2000 }))).toEqual(['ask b'])
    const twice = [...once.executions, ended('b', 'Failed', 0, 'exit_code')]
    expect(short(planned({ ...once, executions: twice, nowMs: created + 1e6 }))).toEqual(['Failed'])
  })

  it('repeats an ops job on the same node', () => {
    const ops = jobOf({ type: 'ops', retries: { workload: 1 } }, { state: 'Queued' })
    const failed = executionOf('a', 'Failed', { reason: { code: 'exit_code', message: '' } })
    const input = { job: ops, executions: [failed], nodes: [up('a')], nowMs: created + 2000 }
    expect(short(planned(input))).toEqual(['ask a'])
  })
})

describe('timeouts.totalSeconds', () => {
  const job = jobOf({ type: 'ops', timeouts: { totalSeconds: 60 } }, { state: 'Running' })
  const executions = [
    executionOf('a', 'Running'),
    executionOf('b', 'AskForBid'),
    executionOf('c', 'Publishing'),
  ]

  it('ends the job, cancels what runs, and still fetches what is done', () => {
    const late = { job, executions, nowMs: created + 60_000 }
    expect(short(planned(late))).toEqual([
      'cancel a total_timeout',
      'b Cancelled: the job was not over within timeouts.totalSeconds (60 s)',
      'Failed',
    ])
    const completed = [...executions, executionOf('d', 'Completed')]
    expect(short(planned({ ...late, executions: completed })).at(-1)).toBe('PartiallyCompleted')
  })

  it('is looked at in time', () => {
    const input = { job, executions, nodes: [up('a'), up('b'), up('c')], timings: defaultTimings }
    expect(plan({ ...input, nowMs: created + 59_000 }).dueAtMs).toBe(created + 60_000)
  })

  it('ends daemon jobs too', () => {
    const daemon = jobOf({ type: 'daemon', timeouts: { totalSeconds: 60 } }, { state: 'Running' })
    const done = [executionOf('a', 'Completed')]
    const late = { job: daemon, executions: done, nowMs: created + 60_000 }
    expect(short(planned(late))).toEqual(['PartiallyCompleted'])
  })
})

describe('a node that is cordoned or drained', () => {
  const with_ = (duty: 'cordoned' | 'draining', drainUntilMs?: number): NodeSight => ({
    ...up('a'),
    record: { ...up('a').record, duty, ...(drainUntilMs === undefined ? {} : { drainUntilMs }) },
  })

  it('is not asked; other nodes are, and an ops job waits for it within the queue timeout', () => {
    const job = jobOf({}, { state: 'Queued' })
    expect(short(planned({ job, nodes: [with_('cordoned'), up('b')] }))).toEqual(['ask b'])
    const ops = jobOf({ type: 'ops' }, { state: 'Queued' })
    const waiting = plan({
      job: ops,
      executions: [],
      nodes: [with_('cordoned')],
      nowMs: created,
      timings: defaultTimings,
    })
    expect(waiting).toMatchObject({ actions: [], isWaiting: true })
    expect(waiting.passedOver[0]?.reason.code).toBe('draining')
  })

  it('keeps what it has begun, and loses what it has not, when it is drained', () => {
    const job = jobOf({ count: 2 }, { state: 'Running' })
    const executions = [
      executionOf('a', 'Running', { partition: 0 }),
      executionOf('b', 'Running', { partition: 1 }),
    ]
    expect(short(planned({ job, executions, nodes: [with_('draining'), up('b')] }))).toEqual([])
    const queuedThere = [executionOf('a', 'BidAccepted', { partition: 0 }), executions[1]!]
    const moved = { job, executions: queuedThere, nodes: [with_('draining'), up('b'), up('c')] }
    expect(short(planned(moved))[0]).toBe('a Superseded: the node is draining')
    expect(short(planned({ ...moved, nodes: [with_('cordoned'), up('b')] }))).toEqual([])
  })

  it('stops what it has begun when the time for that is over, so that other nodes do it', () => {
    const job = jobOf({}, { state: 'Running' })
    const executions = [executionOf('a', 'Running', { partition: 0 })]
    const nodes = [with_('draining', created + 5000), up('b')]
    expect(plan({ job, executions, nodes, nowMs: created, timings: defaultTimings }).dueAtMs).toBe(
      created + 5000,
    )
    expect(short(planned({ job, executions, nodes, nowMs: created + 5000 }))).toEqual([
      'a Superseded: the node is draining, and the time for its running work is over',
      'Queued',
    ])
  })
})

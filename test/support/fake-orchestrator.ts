import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  EdgeError,
  ExecutionId,
  isExecutionOver,
  isJobOver,
  JobId,
  NodeId,
  transition,
  executionTransitions,
  jobTransitions,
} from '../../src/domain/index.ts'
import type {
  Approval,
  DutyRequest,
  ExecutionState,
  ExecutionView,
  HistoryEntry,
  JobEvent,
  JobExplanation,
  JobLogLine,
  JobSpec,
  JobState,
  JobSummary,
  JobView,
  LabelsRequest,
  NodeView,
  ResultView,
} from '../../src/domain/index.ts'
import type { Abortable, Orchestrator } from '../../src/ports/index.ts'

interface News {
  readonly jobId?: JobId
  readonly event: JobEvent
}

/**
 * An orchestrator without nodes behind it: keeps jobs, history and news in memory, moves states by the domain’s own
 * tables, and does nothing by itself. Tests play the nodes with `run`, `finish`, `print`, `publish` and `tell`.
 */
export class FakeOrchestrator implements Orchestrator {
  readonly #jobs = new Map<JobId, JobView>()
  readonly #keys = new Map<string, JobId>()
  readonly #nodes = new Map<NodeId, NodeView>()
  readonly #news: News[] = []
  readonly #lines = new Map<JobId, JobLogLine[]>()
  readonly #results = new Map<JobId, ResultView[]>()
  readonly blocks = new Map<string, Uint8Array>()
  #seq = 0
  /** Watchers that are being served now. */
  watchers = 0

  constructor() {
    this.addNode('gate')
  }

  addNode(name: string): NodeView {
    const id = NodeId.parse(`12D3KooW${name.replace(/[^1-9A-Za-z]/g, '').padEnd(44, 'x')}`.slice(0, 52))
    const size = { cpu: 4, memoryBytes: 8_000_000_000, diskBytes: 2 ** 40, gpu: 0 }
    const node: NodeView = {
      id,
      approval: 'approved',
      info: {
        name,
        version: '0.1.0',
        labels: { site: 'north' },
        engines: [{ type: 'noop', detail: '' }],
        sources: ['localDirectory'],
        capacity: size,
        free: size,
        allowedPaths: ['/videos/**:ro'],
        maxConcurrent: 1,
        devices: [],
      },
      bootId: 'boot',
      dataEpoch: 'epoch',
      ackedReportSeq: 0,
      firstSeenAtMs: 1,
      lastSeenAtMs: 2,
      duty: 'active',
      setLabels: {},
      connectivity: 'connected',
      runningExecutions: 0,
      liveExecutions: 0,
    }
    this.#nodes.set(id, node)
    return node
  }

  submit(
    spec: JobSpec,
    { idempotencyKey }: { idempotencyKey?: string } = {},
  ): ReturnType<Orchestrator['submit']> {
    return attempt(() => {
      const known = idempotencyKey === undefined ? undefined : this.#keys.get(idempotencyKey)
      if (known !== undefined) {
        const job = this.#find(known)
        if (JSON.stringify(job.spec) !== JSON.stringify(spec))
          throw new EdgeError(
            'idempotency_conflict',
            `key ${String(idempotencyKey)} was used with another spec`,
          )
        return { job, created: false }
      }
      const at = Date.now()
      const job: JobView = {
        id: JobId.parse(randomUUID()),
        spec,
        state: 'Pending',
        revision: 0,
        createdAtMs: at,
        updatedAtMs: at,
        executions: [],
        passedOver: [],
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }
      this.#jobs.set(job.id, job)
      if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, job.id)
      this.#record({ jobId: job.id, entity: 'job', from: null, to: 'Pending', revision: 0 })
      return { job, created: true }
    })
  }

  job(job: string): Promise<JobView> {
    return attempt(() => this.#find(job))
  }

  jobs(query: Parameters<Orchestrator['jobs']>[0]): ReturnType<Orchestrator['jobs']> {
    return attempt(() => {
      const all = [...this.#jobs.values()].reverse()
      const from = query.before === undefined ? 0 : all.findIndex(({ id }) => id === query.before) + 1
      const fitting = all
        .slice(from)
        .filter(({ state }) => query.states === undefined || query.states.includes(state))
        .filter(({ spec }) =>
          Object.entries(query.labels ?? {}).every(([key, value]) => spec.labels[key] === value),
        )
      const page = fitting.slice(0, query.limit ?? 100)
      const last = page.at(-1)
      return {
        jobs: page.map((job) => summary(job)),
        ...(last !== undefined && fitting.length > page.length ? { next: last.id } : {}),
      }
    })
  }

  executions(job: string): Promise<readonly ExecutionView[]> {
    return attempt(() => this.#find(job).executions)
  }

  history(
    job: string,
    { afterSeq = 0, limit = 1000 }: { afterSeq?: number; limit?: number },
  ): Promise<HistoryEntry[]> {
    return attempt(() => {
      const { id } = this.#find(job)
      const entries = this.#news.flatMap(({ event }) => (event.kind === 'history' ? [event.entry] : []))
      return entries.filter(({ jobId, seq }) => jobId === id && seq > afterSeq).slice(0, limit)
    })
  }

  stop(job: string, { revisions }: { readonly revisions?: readonly number[] } = {}): Promise<JobView> {
    return attempt(() => {
      const found = this.#find(job)
      if (revisions?.includes(found.revision) === false)
        throw new EdgeError('precondition_failed', `job ${found.id} is at revision ${found.revision}`)
      if (isJobOver(found.state)) throw new EdgeError('job_over', `job ${found.id} is ${found.state}`)
      return this.moveJob(found.id, 'Stopped')
    })
  }

  results(job: string): Promise<readonly ResultView[]> {
    return attempt(() => this.#results.get(this.#find(job).id) ?? [])
  }

  async *logs(
    job: string,
    query: { execution?: string; follow: boolean; tail?: number; sinceMs?: number } & Abortable,
  ): AsyncIterable<JobLogLine> {
    const { id } = this.#find(job)
    const all = (): JobLogLine[] =>
      (this.#lines.get(id) ?? []).filter(
        ({ executionId, atMs = 0 }) =>
          executionId === (query.execution ?? executionId) && atMs >= (query.sinceMs ?? 0),
      )
    let sent = query.tail === undefined ? 0 : Math.max(0, all().length - query.tail)
    for (;;) {
      const isOver = isJobOver(this.#find(id).state)
      for (const line of all().slice(sent)) {
        sent++
        yield line
      }
      if (!query.follow || isOver || query.signal?.aborted === true) return
      await delay(5)
    }
  }

  async *watch({
    job,
    afterSeq = 0,
    signal,
  }: { job?: string; afterSeq?: number } & Abortable): AsyncIterable<JobEvent> {
    const id = job === undefined ? undefined : this.#find(job).id
    this.watchers++
    try {
      let next = 0
      for (;;) {
        const isOver = id !== undefined && isJobOver(this.#find(id).state)
        for (; next < this.#news.length; next++) {
          const news = this.#news[next]
          if (news === undefined || (id !== undefined && news.jobId !== undefined && news.jobId !== id))
            continue
          if (news.event.kind === 'history' && news.event.entry.seq <= afterSeq) continue
          if (signal?.aborted === true) return
          yield news.event
        }
        if (isOver || signal?.aborted === true) return
        await delay(5)
      }
    } finally {
      this.watchers--
    }
  }

  nodes(): Promise<readonly NodeView[]> {
    const key = ({ info, id }: NodeView): string => `${info.name}\0${id}`
    return attempt(() => [...this.#nodes.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1)))
  }

  node(node: string): Promise<NodeView> {
    return attempt(() => {
      const found = [...this.#nodes.values()].find(({ id, info }) => id === node || info.name === node)
      if (found === undefined) throw new EdgeError('node_not_found', `no node ${node}`)
      return found
    })
  }

  async setApproval(node: string, approval: Approval): Promise<NodeView> {
    const changed = { ...(await this.node(node)), approval }
    this.#nodes.set(changed.id, changed)
    return changed
  }

  async explain(job: string): Promise<JobExplanation> {
    const { id, state, spec } = await this.job(job)
    return { jobId: id, state, type: spec.type, count: spec.count, nodes: [] }
  }

  async setDuty(node: string, { duty }: DutyRequest): Promise<NodeView> {
    const changed = { ...(await this.node(node)), duty }
    this.#nodes.set(changed.id, changed)
    return changed
  }

  async setLabels(node: string, labels: LabelsRequest['labels']): Promise<NodeView> {
    const changed = { ...(await this.node(node)), setLabels: labels }
    this.#nodes.set(changed.id, changed)
    return changed
  }

  async deleteNode(node: string): Promise<NodeId> {
    const { id } = await this.node(node)
    this.#nodes.delete(id)
    return id
  }

  block(cid: string): Promise<Uint8Array> {
    return attempt(() => {
      const bytes = this.blocks.get(cid)
      if (bytes === undefined) throw new EdgeError('block_missing', `no block ${cid}`)
      return bytes
    })
  }

  executionId(execution: string): Promise<ExecutionId> {
    return attempt(() => {
      const ids = [...this.#jobs.values()].flatMap(({ executions }) => executions.map(({ id }) => id))
      const [first, second] = ids.filter((id) => id.startsWith(execution))
      if (first === undefined) throw new EdgeError('execution_not_found', `no execution ${execution}`)
      if (second !== undefined) throw new EdgeError('id_ambiguous', `several executions ${execution}`)
      return first
    })
  }

  /** Plays a node that takes the job: the execution runs, and so does the job. */
  run(jobId: JobId, node: NodeView): ExecutionId {
    const at = Date.now()
    const id = ExecutionId.parse(`e-${randomUUID()}`)
    const execution: ExecutionView = {
      id,
      jobId,
      nodeId: node.id,
      nodeName: node.info.name,
      attempt: 1,
      token: 1,
      state: 'New',
      revision: 0,
      createdAtMs: at,
      updatedAtMs: at,
      connectivity: 'connected',
    }
    const job = this.#find(jobId)
    this.#jobs.set(jobId, { ...job, executions: [...job.executions, execution] })
    for (const to of ['AskForBid', 'AskForBidAccepted', 'BidAccepted', 'Running'] as const)
      this.moveExecution(jobId, id, to)
    if (this.#find(jobId).state === 'Pending') this.moveJob(jobId, 'Running')
    return id
  }

  moveJob(jobId: JobId, to: JobState): JobView {
    const job = this.#find(jobId)
    const moved = { ...job, state: transition(jobTransitions, job.state, to), revision: job.revision + 1 }
    this.#jobs.set(jobId, moved)
    this.#record({ jobId, entity: 'job', from: job.state, to, revision: moved.revision })
    return moved
  }

  moveExecution(jobId: JobId, executionId: ExecutionId, to: ExecutionState): void {
    const job = this.#find(jobId)
    const executions = job.executions.map((execution) => {
      if (execution.id !== executionId) return execution
      const state = transition(executionTransitions, execution.state, to)
      const revision = execution.revision + 1
      this.#record({ jobId, executionId, entity: 'execution', from: execution.state, to, revision })
      return { ...execution, state, revision }
    })
    this.#jobs.set(jobId, { ...job, executions })
  }

  /** Ends every execution that is live, and then the job. */
  finish(jobId: JobId, to: 'Completed' | 'Failed' = 'Completed'): void {
    for (const { id, state } of this.#find(jobId).executions) {
      if (isExecutionOver(state)) continue
      if (state === 'Running') this.moveExecution(jobId, id, 'Publishing')
      this.moveExecution(jobId, id, to)
    }
    this.moveJob(jobId, to)
  }

  print(jobId: JobId, executionId: ExecutionId, text: string, atMs?: number): void {
    const { nodeName = '' } = this.#find(jobId).executions.find(({ id }) => id === executionId) ?? {}
    const lines = this.#lines.get(jobId) ?? []
    lines.push({ stream: 'stdout', text, executionId, nodeName, ...(atMs === undefined ? {} : { atMs }) })
    this.#lines.set(jobId, lines)
  }

  /** Keeps a result of the job; one of the same execution is replaced. */
  publish(jobId: JobId, result: ResultView): void {
    const others = (this.#results.get(jobId) ?? []).filter(
      ({ executionId }) => executionId !== result.executionId,
    )
    this.#results.set(jobId, [...others, result])
  }

  /** Passing news: seen by who watches now, and by nobody later. */
  tell(event: JobEvent): void {
    this.#news.push({ event, ...('jobId' in event ? { jobId: event.jobId } : {}) })
  }

  #record(entry: Omit<HistoryEntry, 'seq' | 'atMs'>): void {
    this.#seq++
    this.#news.push({
      jobId: entry.jobId,
      event: { kind: 'history', entry: { ...entry, seq: this.#seq, atMs: Date.now() } },
    })
  }

  #find(job: string): JobView {
    const [first, second] = [...this.#jobs.values()].filter(({ id }) => id.startsWith(job))
    if (first === undefined) throw new EdgeError('job_not_found', `no job ${job}`)
    if (second !== undefined) throw new EdgeError('id_ambiguous', `several jobs begin with ${job}`)
    return first
  }
}

function summary({ spec, executions, passedOver: _, idempotencyKey: __, ...record }: JobView): JobSummary {
  const count = (...states: ExecutionState[]): number =>
    executions.filter(({ state }) => states.includes(state)).length
  return {
    ...record,
    ...(spec.name === undefined ? {} : { name: spec.name }),
    type: spec.type,
    engine: spec.engine.type,
    executions: {
      total: executions.length,
      running: count('Running', 'Publishing'),
      completed: count('Completed'),
      failed: count('Failed'),
    },
  }
}

/** Errors as rejections, as a real orchestrator gives them. */
async function attempt<T>(action: () => T): Promise<T> {
  await Promise.resolve()
  return action()
}

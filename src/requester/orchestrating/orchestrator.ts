import { isDeepStrictEqual } from 'node:util'
import {
  EdgeError,
  JobId,
  type Approval,
  type DutyRequest,
  type ExecutionId,
  type ExecutionView,
  type HistoryEntry,
  type JobEvent,
  type JobExplanation,
  type JobLogLine,
  type JobRecord,
  type JobSpec,
  type JobSummary,
  type JobView,
  type LabelsRequest,
  type NodeId,
  type NodeRecord,
  type NodeView,
  type ResultView,
} from '../../domain/index.ts'
import type { Abortable, Orchestrator } from '../../ports/index.ts'
import type { Fleet } from '../fleet/index.ts'
import { untilAgreed } from '../journal.ts'
import type { Parts } from '../parts.ts'
import { compare } from '../planner/index.ts'
import { jobLogs } from './logs.ts'
import { findExecution, findJob, findNode } from './lookup.ts'
import type { News } from './news.ts'
import { stopJob } from './stopping.ts'
import { resultsOf, summaryOf, Views } from './views.ts'
import { watchJobs } from './watch.ts'

const defaultPage = 100
const largestPage = 1000

/** What the API asks: decides nothing about nodes, reads the store and leaves the rest to the scheduler. */
export class RequesterOrchestrator implements Orchestrator {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #news: News
  readonly #views: Views

  constructor(parts: Parts, fleet: Fleet, news: News) {
    this.#parts = parts
    this.#fleet = fleet
    this.#news = news
    this.#views = new Views(fleet, parts.nowMs)
  }

  async submit(
    spec: JobSpec,
    { idempotencyKey }: { idempotencyKey?: string } = {},
  ): Promise<{ readonly job: JobView; readonly created: boolean }> {
    const { journal, newId, nowMs } = this.#parts
    const createdAtMs = nowMs()
    const { record, created } = await journal.createJob({
      id: JobId.parse(newId()),
      spec,
      state: 'Pending',
      revision: 0,
      createdAtMs,
      updatedAtMs: createdAtMs,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
    if (!created && !isSame(record.spec, spec)) {
      throw new EdgeError(
        'idempotency_conflict',
        `the idempotency key belongs to job ${record.id}, which has another spec`,
      )
    }
    return { job: await this.#view(record), created }
  }

  async job(job: string): Promise<JobView> {
    return this.#view(await findJob(this.#parts.store, job))
  }

  async jobs(
    query: Parameters<Orchestrator['jobs']>[0],
  ): Promise<{ readonly jobs: readonly JobSummary[]; readonly next?: string }> {
    const { store } = this.#parts
    const { before, limit = defaultPage, states, labels } = query
    const pageSize = Math.min(Math.max(1, limit), largestPage)
    const records = await store.jobs({
      limit: pageSize + 1,
      ...(states === undefined ? {} : { states }),
      ...(labels === undefined ? {} : { labels }),
      ...(before === undefined ? {} : { before: (await findJob(store, before)).id }),
    })
    const page = records.slice(0, pageSize)
    const jobs = await Promise.all(
      page.map(async (record) => summaryOf(record, await store.executionsOfJob(record.id))),
    )
    const last = page.at(-1)
    return records.length > pageSize && last !== undefined ? { jobs, next: last.id } : { jobs }
  }

  async executions(job: string): Promise<readonly ExecutionView[]> {
    const { id } = await findJob(this.#parts.store, job)
    const executions = await this.#parts.store.executionsOfJob(id)
    return executions.map((execution) => this.#views.execution(execution))
  }

  async history(
    job: string,
    { afterSeq = 0, limit = largestPage }: { afterSeq?: number; limit?: number },
  ): Promise<readonly HistoryEntry[]> {
    const { id: jobId } = await findJob(this.#parts.store, job)
    return this.#parts.store.history({ jobId, afterSeq, limit: Math.min(limit, largestPage) })
  }

  async stop(job: string, { revisions }: { readonly revisions?: readonly number[] } = {}): Promise<JobView> {
    const { store } = this.#parts
    const stopped = await untilAgreed(async () => {
      const record = await findJob(store, job)
      // The commit expects this revision, so nothing comes in between.
      if (revisions?.includes(record.revision) === false) throw changedSince(record)
      return stopJob(this.#parts, record)
    })
    return this.#view(stopped)
  }

  async results(job: string): Promise<readonly ResultView[]> {
    const record = await findJob(this.#parts.store, job)
    return resultsOf(record, await this.#parts.store.executionsOfJob(record.id))
  }

  async *logs(
    job: string,
    query: { execution?: string; follow: boolean; tail?: number; sinceMs?: number } & Abortable,
  ): AsyncGenerator<JobLogLine> {
    const { store } = this.#parts
    const { id: jobId } = await findJob(store, job)
    const { execution, follow, tail, sinceMs, signal } = query
    const named = execution === undefined ? undefined : await findExecution(store, execution)
    if (named !== undefined && named.jobId !== jobId) {
      throw new EdgeError('execution_not_found', `execution ${named.id} belongs to job ${named.jobId}`)
    }
    yield* jobLogs({
      parts: this.#parts,
      fleet: this.#fleet,
      news: this.#news,
      jobId,
      executionId: named?.id,
      follow,
      tail,
      sinceMs,
      signal: this.#life(signal),
    })
  }

  async *watch({
    job,
    afterSeq = 0,
    signal,
  }: { job?: string; afterSeq?: number } & Abortable): AsyncGenerator<JobEvent> {
    const { store } = this.#parts
    const jobId = job === undefined ? undefined : (await findJob(store, job)).id
    yield* watchJobs({ store, news: this.#news, jobId, afterSeq, signal: this.#life(signal) })
  }

  async nodes(): Promise<readonly NodeView[]> {
    const records = await this.#parts.store.nodes()
    const views = await Promise.all(records.map((record) => this.#nodeView(record)))
    return views.sort((a, b) => compare(a.info.name, b.info.name) || compare(a.id, b.id))
  }

  async node(node: string): Promise<NodeView> {
    const { id } = findNode(this.#fleet, node).record
    const record = await this.#parts.store.node(id)
    if (record === undefined) throw new EdgeError('node_not_found', `there is no node ${id}`)
    return this.#nodeView(record)
  }

  async setApproval(node: string, approval: Approval): Promise<NodeView> {
    const { id } = findNode(this.#fleet, node).record
    await this.#fleet.change(id, (record) => ({ ...record, approval }))
    return this.node(id)
  }

  async explain(job: string): Promise<JobExplanation> {
    const record = await findJob(this.#parts.store, job)
    return this.#views.explanation(record, await this.#parts.store.executionsOfJob(record.id))
  }

  async setDuty(node: string, request: DutyRequest): Promise<NodeView> {
    const { id } = findNode(this.#fleet, node).record
    await this.#fleet.change(id, (record) => withDuty(record, request, this.#parts.nowMs()))
    return this.node(id)
  }

  async setLabels(node: string, labels: LabelsRequest['labels']): Promise<NodeView> {
    const { id } = findNode(this.#fleet, node).record
    await this.#fleet.change(id, (record) => ({ ...record, setLabels: { ...record.setLabels, ...labels } }))
    return this.node(id)
  }

  async deleteNode(node: string): Promise<NodeId> {
    const { id } = findNode(this.#fleet, node).record
    await this.#fleet.remove(id)
    return id
  }

  block(cid: string): Promise<Uint8Array> {
    return this.#parts.blocks.get(cid)
  }

  async executionId(execution: string): Promise<ExecutionId> {
    return (await findExecution(this.#parts.store, execution)).id
  }

  async #view(record: JobRecord): Promise<JobView> {
    return this.#views.job(record, await this.#parts.store.executionsOfJob(record.id))
  }

  async #nodeView(record: NodeRecord): Promise<NodeView> {
    return this.#views.node(record, await this.#parts.store.liveExecutionsOfNode(record.id))
  }

  /** Ends with the requester, too. */
  #life(signal: AbortSignal | undefined): AbortSignal {
    const { signal: life } = this.#parts.tasks
    return signal === undefined ? life : AbortSignal.any([life, signal])
  }
}

function changedSince({ id, state, revision }: JobRecord): EdgeError {
  return new EdgeError('precondition_failed', `job ${id} is ${state} now, at revision ${revision}`, {
    details: { state, revision },
  })
}

function withDuty(record: NodeRecord, { duty, drainSeconds }: DutyRequest, nowMs: number): NodeRecord {
  const { drainUntilMs: _before, ...rest } = record
  const isLimited = duty === 'draining' && drainSeconds !== undefined
  return { ...rest, duty, ...(isLimited ? { drainUntilMs: Math.round(nowMs + drainSeconds * 1000) } : {}) }
}

/** As they are after a way through JSON. */
function isSame(kept: JobSpec, given: JobSpec): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(kept)), JSON.parse(JSON.stringify(given)))
}

import {
  EdgeError,
  isJobOver,
  type Block,
  type JobId,
  type NodeId,
  type ResultBlocksRequest,
  type ResultsRequest,
  type ResultsResponse,
} from '../../domain/index.ts'
import { listBlocks } from '../../content/index.ts'
import type { Abortable } from '../../ports/index.ts'
import type { Parts } from '../parts.ts'
import { findJob } from './lookup.ts'
import { isFetched, resultsOf } from './views.ts'

/** As many as the message may hold. */
const maxResults = 1000
/** Results whose blocks are known by heart. */
const maxKnown = 4
/** A node that may read a job’s results is not asked for its reason again for so long. */
const permitMs = 10_000

/**
 * What nodes may read of earlier jobs: the results of a job that is an input of one of their own executions, and of these
 * only blocks. Throws `job_not_found`, `id_ambiguous`, `forbidden`, `block_missing`.
 */
export class EarlierResults {
  readonly #parts: Parts
  readonly #permits = new Map<string, number>()
  readonly #known = new Map<string, Promise<ReadonlySet<string>>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async results(peer: NodeId, { job: given }: ResultsRequest): Promise<ResultsResponse> {
    const { store } = this.#parts
    const job = await findJob(store, given)
    await this.#permit(peer, job.id)
    const results = resultsOf(job, await store.executionsOfJob(job.id))
    if (results.length > maxResults)
      throw new EdgeError(
        'result_refused',
        `job ${job.id} has more than ${String(maxResults)} results, too many for an input`,
      )
    return {
      jobId: job.id,
      isOver: isJobOver(job.state),
      results: results.map(({ executionId, nodeName, fetched, summary: { cid, bytes, files } }) => ({
        ...{ executionId, nodeName, cid, bytes, files, fetched },
      })),
    }
  }

  async *blocks(
    peer: NodeId,
    { jobId, executionId, cids }: ResultBlocksRequest,
    { signal }: Abortable,
  ): AsyncGenerator<Block> {
    const { store, blocks } = this.#parts
    await this.#permit(peer, jobId)
    const execution = await store.execution(executionId)
    if (execution?.jobId !== jobId || execution.result === undefined || !isFetched(execution))
      throw new EdgeError('block_missing', `execution ${executionId} of job ${jobId} has no result here`)
    const known = await this.#blocksOf(execution.result.cid)
    for (const cid of cids) {
      signal?.throwIfAborted()
      if (!known.has(cid))
        throw new EdgeError('block_missing', `block ${cid} is not in the result of ${executionId}`)
      yield { cid, bytes: await blocks.get(cid) }
    }
  }

  /** Throws `forbidden` unless an execution of this node, not over yet, has the job as an input. */
  async #permit(peer: NodeId, jobId: JobId): Promise<void> {
    const { store, clock } = this.#parts
    const key = `${peer} ${jobId}`
    if (clock.monotonicMs() < (this.#permits.get(key) ?? 0)) return
    this.#permits.delete(key)
    const asked = new Set<JobId>()
    for (const { jobId: own } of await store.liveExecutionsOfNode(peer)) {
      if (asked.has(own)) continue
      asked.add(own)
      const inputs = (await store.job(own))?.spec.inputs ?? []
      for (const { source } of inputs) {
        if (source.type !== 'result' || !(await this.#means(source.job, jobId))) continue
        this.#permits.set(key, clock.monotonicMs() + permitMs)
        return
      }
    }
    throw new EdgeError('forbidden', `no execution of node ${peer} has job ${jobId} as an input`, {
      hint: 'A node reads only the results that its own jobs name as edge://JOB inputs.',
    })
  }

  /** Whether an id or short id is this job’s and no other’s: one that has become ambiguous opens nothing. */
  async #means(given: string, jobId: JobId): Promise<boolean> {
    if (!jobId.startsWith(given)) return false
    return given === jobId || (await this.#parts.store.jobsByPrefix(given)).length === 1
  }

  #blocksOf(root: string): Promise<ReadonlySet<string>> {
    const known = this.#known.get(root) ?? listBlocks({ root, store: this.#parts.blocks })
    this.#known.delete(root)
    this.#known.set(root, known)
    known.catch(() => this.#known.delete(root))
    for (const [oldest] of this.#known) if (this.#known.size > maxKnown) this.#known.delete(oldest)
    return known
  }
}

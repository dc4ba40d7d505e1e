import { setTimeout as sleep } from 'node:timers/promises'
import { EdgeError, isEdgeError } from '../../domain/index.ts'
import type { ErrorCode, ExecutionId, JobId, NodeId, ResultsResponse } from '../../domain/index.ts'
import type { Abortable, Network } from '../../ports/index.ts'

export interface RequesterResultsInit {
  readonly network: Pick<Network, 'call' | 'stream'>
  /** Undefined until the first contact. */
  readonly requester: () => Promise<NodeId | undefined>
  /** Pauses before a call that the network broke is made again. */
  readonly retryMs: readonly number[]
}

/** An earlier job whose results are all there. */
export type EarlierJob = Pick<ResultsResponse, 'jobId' | 'results'>

/** What the requester holds of earlier jobs, read over the network port; calls that break are made again. */
export class RequesterResults {
  readonly #init: RequesterResultsInit

  constructor(init: RequesterResultsInit) {
    this.#init = init
  }

  /**
   * The results of a job, none of which is still to come. Throws `input_not_ready` while one is, `path_missing` for a job
   * that is not known, `input_empty` for one that published nothing, and `input_unavailable`.
   */
  async of(job: string, { signal }: Abortable = {}): Promise<EarlierJob> {
    const { jobId, isOver, results } = await this.#ask(job, signal)
    if (!isOver)
      throw new EdgeError('input_not_ready', `job ${job} is not over yet; its results are the input`)
    const coming = results.filter(({ fetched }) => !fetched).length
    if (coming > 0)
      throw new EdgeError('input_not_ready', `${coming} results of job ${job} are not at the requester yet`)
    if (results.length === 0) throw new EdgeError('input_empty', `job ${job} is over and published no result`)
    return { jobId, results }
  }

  /** One block, not verified. */
  async block(
    { jobId, executionId }: { readonly jobId: JobId; readonly executionId: ExecutionId },
    cid: string,
    { signal }: Abortable = {},
  ): Promise<Uint8Array> {
    return this.#patiently(signal, async (requester) => {
      const request = { jobId, executionId, cids: [cid] }
      for await (const { bytes } of this.#init.network.stream(requester, 'resultBlocks', request, { signal }))
        return bytes
      throw new EdgeError('block_missing', `the requester ended without block ${cid}`)
    })
  }

  async #ask(job: string, signal: AbortSignal | undefined): Promise<ResultsResponse> {
    try {
      const requester = await this.#requester()
      return await this.#init.network.call(requester, 'results', { job }, { signal })
    } catch (error) {
      signal?.throwIfAborted()
      if (isEdgeError(error, 'job_not_found') || isEdgeError(error, 'id_ambiguous'))
        throw new EdgeError('path_missing', `edge://${job}: ${error.message}`, { hint: error.hint })
      if (isEdgeError(error) && ofTheNetwork.has(error.code))
        throw new EdgeError('input_unavailable', `the results of job ${job}: ${error.message}`, {
          cause: error,
        })
      throw error
    }
  }

  async #patiently<T>(signal: AbortSignal | undefined, call: (requester: NodeId) => Promise<T>): Promise<T> {
    const { retryMs } = this.#init
    for (let failures = 0; ; failures++) {
      try {
        return await call(await this.#requester())
      } catch (error) {
        signal?.throwIfAborted()
        const pauseMs = retryMs[failures]
        if (!isEdgeError(error) || !ofTheNetwork.has(error.code)) throw error
        if (pauseMs === undefined)
          throw new EdgeError('input_unavailable', `a result of an earlier job: ${error.message}`, {
            cause: error,
          })
        await sleep(pauseMs, undefined, { signal })
      }
    }
  }

  async #requester(): Promise<NodeId> {
    const requester = await this.#init.requester()
    if (requester !== undefined) return requester
    throw new EdgeError('peer_unreachable', 'this node has not met its requester yet')
  }
}

/** What passes when the link does better. */
const ofTheNetwork: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'peer_unreachable',
  'rpc_timeout',
  'rpc_failed',
  'not_approved',
])

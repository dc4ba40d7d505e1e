import {
  EdgeError,
  isEdgeError,
  isExecutionOver,
  isJobOver,
  type Bid,
  type BidFacts,
  type ExecutionRecord,
  type JobRecord,
  type OfferRequest,
  type Reason,
} from '../../domain/index.ts'
import type { ExecutionChange, OutboxMessage } from '../../ports/index.ts'
import { assertNever } from '../../utils/assert-never.ts'
import { untilAgreed } from '../journal.ts'
import type { Parts } from '../parts.ts'

/**
 * Says to the node what the records say now, and settles the message together with what follows from the answer. A message
 * that has nothing to say any more is settled unsent. Throws when it is to be tried again.
 */
export async function deliver(message: OutboxMessage, parts: Parts, signal: AbortSignal): Promise<void> {
  const delivery = new Delivery(message, parts, signal)
  switch (message.kind) {
    case 'offer':
      return delivery.offer()
    case 'start':
      return delivery.start()
    case 'cancel':
      return delivery.cancel()
    case 'published':
      return delivery.published()
    default:
      return assertNever(message.kind)
  }
}

/** How a node that refuses with an error of its own, rather than with a no, is understood. */
const staleReason: Reason = { code: 'stale_token', message: 'the node has seen a newer attempt' }

class Delivery {
  readonly #message: OutboxMessage
  readonly #parts: Parts
  readonly #options: { readonly signal: AbortSignal }

  constructor(message: OutboxMessage, parts: Parts, signal: AbortSignal) {
    this.#message = message
    this.#parts = parts
    this.#options = { signal }
  }

  async offer(): Promise<void> {
    const { execution, job } = await this.#read()
    if (execution.state !== 'AskForBid' || isJobOver(job.state)) return this.#settle()
    const bid = await this.#callNode((node) =>
      this.#parts.network.call(node, 'offer', offerOf(job, execution), this.#options),
    )
    await this.#conclude(({ state }) => {
      if (state !== 'AskForBid') return undefined
      if (bid.accepted) return { to: 'AskForBidAccepted', set: { bid: factsOf(bid) } }
      const reason = bid.reason ?? { code: 'queue_full', message: 'the node gave no reason' }
      return { to: 'AskForBidRejected', set: { reason } }
    })
  }

  async start(): Promise<void> {
    const { execution, job } = await this.#read()
    if (execution.state !== 'BidAccepted') return this.#settle()
    if (isJobOver(job.state)) {
      // A cancel follows in the outbox, should an earlier try have reached the node.
      const reason = job.reason ?? { code: 'cancelled_by_user', message: 'the job was stopped' }
      return this.#conclude(({ state }) =>
        state === 'BidAccepted' ? { to: 'Cancelled', set: { reason } } : undefined,
      )
    }
    const answer = await this.#callNode((node) =>
      this.#parts.network.call(node, 'start', offerOf(job, execution), this.#options),
    )
    await this.#conclude(({ state }) => {
      // A report that overtook the answer knows better.
      if (answer.accepted || state !== 'BidAccepted') return undefined
      const reason = answer.reason ?? { code: 'engine_failed', message: 'the node would not start it' }
      return { to: 'Failed', set: { reason } }
    })
  }

  async cancel(): Promise<void> {
    const { execution } = await this.#read()
    const reason = this.#message.reason ?? { code: 'cancelled_by_user', message: 'it is not wanted any more' }
    const { id: executionId, token } = execution
    await this.#tellNode((node) =>
      this.#parts.network.call(node, 'cancel', { executionId, token, reason }, this.#options),
    )
    await this.#settle()
  }

  async published(): Promise<void> {
    const { execution } = await this.#read()
    const { id: executionId, token, state, result } = execution
    if (result === undefined || !isExecutionOver(state)) return this.#settle()
    const { cid } = result
    await this.#tellNode((node) =>
      this.#parts.network.call(node, 'published', { executionId, token, cid }, this.#options),
    )
    await this.#settle()
  }

  /** For calls that are answered yes or no: a stale token is a no. */
  async #callNode<T>(
    call: (nodeId: OutboxMessage['nodeId']) => Promise<T>,
  ): Promise<T | { readonly accepted: false; readonly reason: Reason }> {
    try {
      return await call(this.#message.nodeId)
    } catch (error) {
      if (isEdgeError(error, 'stale_token')) return { accepted: false, reason: staleReason }
      throw error
    }
  }

  /** For calls that only tell: a node that knows nothing of it, or something newer, need not be told. */
  async #tellNode(call: (nodeId: OutboxMessage['nodeId']) => Promise<unknown>): Promise<void> {
    try {
      await call(this.#message.nodeId)
    } catch (error) {
      if (!isEdgeError(error, 'stale_token') && !isEdgeError(error, 'execution_not_found')) throw error
    }
  }

  async #conclude(
    decide: (execution: ExecutionRecord) => Pick<ExecutionChange, 'to' | 'set'> | undefined,
  ): Promise<void> {
    await untilAgreed(async () => {
      const { execution } = await this.#read()
      const change = decide(execution)
      const { id, revision } = execution
      const executions = change === undefined ? [] : [{ id, expectedRevision: revision, ...change }]
      await this.#parts.journal.commit({ executions, settledMessages: [this.#message.seq] })
    })
  }

  async #settle(): Promise<void> {
    await this.#parts.journal.commit({ settledMessages: [this.#message.seq] })
  }

  async #read(): Promise<{ readonly execution: ExecutionRecord; readonly job: JobRecord }> {
    const { store } = this.#parts
    const { executionId, kind } = this.#message
    const execution = await store.execution(executionId)
    const job = execution === undefined ? undefined : await store.job(execution.jobId)
    if (execution !== undefined && job !== undefined) return { execution, job }
    throw new EdgeError('internal', `the ${kind} of execution ${executionId} has no records`)
  }
}

function factsOf({ matchedFiles = 0, matchedBytes = 0 }: Bid): BidFacts {
  return { matchedFiles, matchedBytes }
}

function offerOf(
  { id: jobId, spec }: JobRecord,
  { id: executionId, token, partition }: ExecutionRecord,
): OfferRequest {
  return { executionId, jobId, token, spec, ...(partition === undefined ? {} : { partition }) }
}

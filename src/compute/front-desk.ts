import { EdgeError, capacityObjection, isNodeExecutionOver, specAt } from '../domain/index.ts'
import type {
  Bid,
  CancelRequest,
  ExecutionId,
  NodeExecutionRecord,
  OfferRequest,
  PublishedRequest,
  Reason,
  StartResponse,
} from '../domain/index.ts'
import type { Abortable, ComputeStore, Log } from '../ports/index.ts'
import { admit } from './admission.ts'
import type { Abilities } from './admission.ts'
import { isResultKnown } from './crossed-cancels.ts'
import type { CrossedCancels } from './crossed-cancels.ts'
import { Notes } from './durable/notes.ts'
import type { ExecutionRecords, RecordChange } from './durable/execution-records.ts'
import { placeOf } from './place.ts'
import type { Itself } from './place.ts'
import { reason } from './reasons.ts'
import type { Reservations } from './reservations.ts'
import type { Executor } from './running/executor.ts'

export interface FrontDeskInit {
  readonly store: ComputeStore
  readonly records: ExecutionRecords
  readonly reservations: Reservations
  readonly executor: Pick<Executor, 'cancel' | 'isActive'>
  readonly crossed: Pick<CrossedCancels, 'add'>
  readonly abilities: Abilities
  readonly itself: Itself
  /** Executions that may be on the node without being published or over, those that run included. */
  readonly maxUnfinished: number
  readonly log: Log
  /** Aborted when the node stops. */
  readonly stopping: AbortSignal
  /** Called when a report was added that belongs to no kept execution. */
  readonly onReported: () => void
}

/** Cancels of executions the node never saw, kept so that a start that comes late does not begin them. */
const maxForgotten = 10_000

const draining = reason('draining', 'this node is stopping')

/**
 * Answers the requester about executions: offer, start, cancel, published. Every answer may be asked for again. A token
 * lower than the highest seen for the execution is refused as `stale_token`; a higher one is taken on.
 */
export class FrontDesk {
  readonly #init: FrontDeskInit
  readonly #deciding = new Map<ExecutionId, { readonly token: number; readonly bid: Promise<Bid> }>()
  readonly #cancelled = new Map<ExecutionId, { readonly token: number; readonly reason: Reason }>()

  constructor(init: FrontDeskInit) {
    this.#init = init
  }

  /** Yes also when the node is busy: accepted work waits here for its turn, as long as the queue has room. */
  async offer(offer: OfferRequest): Promise<Bid> {
    const refusal = await this.#refusal(offer)
    if (refusal !== undefined) return { accepted: false, reason: refusal }
    const { reservations, records } = this.#init
    const held = reservations.find(offer.executionId)
    if (held !== undefined) {
      reservations.hold(offer, held.bid)
      return held.bid
    }
    if ((await records.find(offer.executionId)) !== undefined) return { accepted: true }
    return this.#decide(offer)
  }

  /** The execution is on disk when this resolves with `accepted`. */
  async start(start: OfferRequest): Promise<StartResponse> {
    const { records, reservations } = this.#init
    const refusal = await this.#refusal(start)
    if (refusal !== undefined) return { accepted: false, reason: refusal }
    const { executionId, token } = start
    const isKnown = (await records.find(executionId)) !== undefined
    if (!isKnown && reservations.find(executionId) === undefined) {
      const { accepted, reason: why } = await this.#decide(start)
      if (!accepted) return { accepted, ...(why && { reason: why }) }
    }
    const late = this.#cancelled.get(executionId)
    if (late !== undefined) return { accepted: false, reason: late.reason }
    await records.accept(start)
    reservations.release(executionId)
    await records.update(executionId, (record) =>
      record !== undefined && !isNodeExecutionOver(record.state) && record.token < token
        ? { set: { token }, report: false }
        : undefined,
    )
    return { accepted: true }
  }

  /**
   * Stops an execution wherever it is; the intent is on disk when this resolves. Work that has ended is not un-ended by a
   * cancel that crossed with the news of it: only a requester that has that news (it acknowledged the report), or that
   * replaced the execution (`superseded`), throws a finished result away at once (see also CrossedCancels).
   */
  async cancel({ executionId, token, reason: why }: CancelRequest): Promise<void> {
    const { records, executor, store, crossed } = this.#init
    const record = await records.update(executionId, async (current): Promise<RecordChange | undefined> => {
      if (current === undefined || isNodeExecutionOver(current.state)) return undefined
      fence(current, token)
      const set = { token, reason: why }
      if (current.state === 'Publishing') {
        const isInsisting = why.code === 'superseded' || (await isResultKnown(store, executionId))
        if (isInsisting) return { to: 'Cancelled', set, report: true }
        await crossed.add(executionId, why)
        return undefined
      }
      if (!executor.isActive(executionId)) return { to: 'Cancelled', set, report: true }
      await new Notes(store, executionId).putCancel(why)
      return token > current.token ? { set: { token }, report: false } : undefined
    })
    if (record === undefined) await this.#cancelUnknown({ executionId, token, reason: why })
    else if (record.state !== 'Publishing') executor.cancel(executionId, why)
  }

  /** Ends an execution whose result the requester holds. Throws `state_conflict` when this is not that result. */
  async published({ executionId, token, cid }: PublishedRequest): Promise<void> {
    const record = await this.#init.records.update(executionId, (current) => {
      if (current === undefined || isNodeExecutionOver(current.state)) return undefined
      fence(current, token)
      const { outcome, result } = current
      if (current.state !== 'Publishing' || outcome === undefined || result?.cid !== cid) {
        throw new EdgeError(
          'state_conflict',
          `execution ${executionId} is ${current.state} and did not publish ${cid}`,
          {
            details: { state: current.state, cid: result?.cid ?? null },
          },
        )
      }
      return {
        to: outcome.state,
        set: { token, ...(outcome.reason === undefined ? {} : { reason: outcome.reason }) },
        report: true,
      }
    })
    if (record === undefined)
      throw new EdgeError('execution_not_found', `this node has no execution ${executionId}`)
  }

  /** What makes the node say no without looking at the work. */
  async #refusal({ executionId, token, spec }: OfferRequest): Promise<Reason | undefined> {
    const { records, reservations, abilities, stopping } = this.#init
    if (stopping.aborted) return draining
    const record = await records.find(executionId)
    const seen = record?.token ?? reservations.find(executionId)?.token ?? 0
    if (token < seen) return reason('stale_token', `token ${token} was replaced by ${seen}`)
    if (record !== undefined) return undefined
    const cancelled = this.#cancelled.get(executionId)
    if (cancelled === undefined)
      return capacityObjection(spec.resources, abilities) ?? this.#queueObjection(executionId)
    if (token < cancelled.token)
      return reason('stale_token', `token ${token} was replaced by ${cancelled.token}`)
    return cancelled.reason
  }

  #queueObjection(id: ExecutionId): Reason | undefined {
    const { records, reservations, maxUnfinished } = this.#init
    if (reservations.find(id) !== undefined) return undefined
    const unfinished =
      records.live().filter(({ state }) => state !== 'Publishing').length + reservations.all().length
    if (unfinished < maxUnfinished) return undefined
    return reason('queue_full', `${unfinished} executions wait or run on this node already`)
  }

  /** Looks at the work once, however often it is asked meanwhile: looking may take longer than a call may. */
  async #decide(offer: OfferRequest): Promise<Bid> {
    const { executionId, token } = offer
    const known = this.#deciding.get(executionId)
    if (known !== undefined && known.token >= token) return known.bid
    const bid = this.#look(offer, { signal: this.#init.stopping }).finally(() => {
      if (this.#deciding.get(executionId)?.bid === bid) this.#deciding.delete(executionId)
    })
    this.#deciding.set(executionId, { token, bid })
    return bid
  }

  async #look(offer: OfferRequest, options: Abortable): Promise<Bid> {
    const { abilities, itself, stopping, reservations } = this.#init
    try {
      const spec = specAt(offer.spec, placeOf(itself, offer))
      const bid = await admit(abilities, { ...offer, spec }, options)
      const isCancelled = this.#cancelled.has(offer.executionId)
      if (bid.accepted && !isCancelled) reservations.hold(offer, bid)
      return bid
    } catch (error) {
      if (!stopping.aborted) throw error
      return { accepted: false, reason: draining }
    }
  }

  async #cancelUnknown(cancel: CancelRequest): Promise<void> {
    const { executionId, token, reason: why } = cancel
    const { reservations, store, log } = this.#init
    const reserved = reservations.find(executionId)
    if (token < Math.max(reserved?.token ?? 0, this.#cancelled.get(executionId)?.token ?? 0)) {
      throw new EdgeError('stale_token', `cancel of ${executionId}: token ${token} was replaced`)
    }
    const isNews = !this.#cancelled.has(executionId)
    this.#cancelled.set(executionId, { token, reason: why })
    for (const id of this.#cancelled.keys())
      if (this.#cancelled.size > maxForgotten) this.#cancelled.delete(id)
    reservations.release(executionId)
    log.info(
      { execution: executionId, wasReserved: reserved !== undefined },
      'cancelled before it was started',
    )
    if (reserved === undefined || !isNews) return
    const { jobId } = reserved
    const atMs = this.#init.records.nowMs()
    await store.commit({
      atMs,
      reports: [{ executionId, jobId, token, state: 'Cancelled', atMs, reason: why }],
    })
    this.#init.onReported()
  }
}

function fence({ id, token: seen }: NodeExecutionRecord, token: number): void {
  if (token < seen) {
    throw new EdgeError('stale_token', `execution ${id}: token ${token} was replaced by ${seen}`, {
      details: { token, seen },
    })
  }
}

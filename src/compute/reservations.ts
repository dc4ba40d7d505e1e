import type { Bid, ExecutionId, JobId, OfferRequest, Resources } from '../domain/index.ts'
import type { Clock } from '../ports/index.ts'

interface Reservation {
  readonly jobId: JobId
  readonly token: number
  readonly bid: Bid
  readonly resources: Resources
  readonly untilMs: number
}

/** Accepted bids that nobody took yet. Kept in memory only: a node that forgot one decides anew when asked to start. */
export class Reservations {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #held = new Map<ExecutionId, Reservation>()

  constructor({ clock, keepMs }: { readonly clock: Clock; readonly keepMs: number }) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Holds a place for the offer, anew when it is held already. */
  hold({ executionId, jobId, token, spec }: OfferRequest, bid: Bid): void {
    const untilMs = this.#clock.monotonicMs() + this.#keepMs
    this.#held.set(executionId, { jobId, token, bid, resources: spec.resources, untilMs })
  }

  find(id: ExecutionId): Reservation | undefined {
    this.#dropOld()
    return this.#held.get(id)
  }

  release(id: ExecutionId): void {
    this.#held.delete(id)
  }

  all(): readonly Reservation[] {
    this.#dropOld()
    return [...this.#held.values()]
  }

  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [id, { untilMs }] of this.#held) if (untilMs <= nowMs) this.#held.delete(id)
  }
}

import { EdgeError, type ExecutionId, type NodeId } from '../../domain/index.ts'
import type { Log, OutboxMessage } from '../../ports/index.ts'
import { jitteredBackoffMs } from '../backoff.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { Wakeup } from '../running/index.ts'
import { deliver } from './deliver.ts'

const batchSize = 256

interface Failure {
  readonly times: number
  readonly retryAtMs: number
}

/**
 * Sends one node its messages, oldest first. A message that fails holds back only what else is said about the same
 * execution, and is sent again after a pause, or at once when the node has joined anew.
 */
export class NodeSender {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #nodeId: NodeId
  readonly #log: Log
  readonly #wakeup = new Wakeup()
  readonly #failures = new Map<ExecutionId, Failure>()

  constructor(parts: Parts, fleet: Fleet, nodeId: NodeId) {
    this.#parts = parts
    this.#fleet = fleet
    this.#nodeId = nodeId
    this.#log = parts.log.child({ part: 'dispatcher', nodeId })
  }

  wake(): void {
    this.#wakeup.ring()
  }

  /** The node is there again: what failed may work now. */
  wakeAnew(): void {
    this.#failures.clear()
    this.#wakeup.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        const hasSent = this.#fleet.isConnected(this.#nodeId) && (await this.#sendDue(signal))
        if (hasSent) continue
      } catch (error) {
        signal.throwIfAborted()
        this.#log.error({ err: error }, 'the outbox could not be read')
        await this.#parts.clock.sleep(this.#parts.timings.tickMs, { signal })
        continue
      }
      await this.#rest(signal)
    }
  }

  /** One pass over the outbox; true when something was settled, so that more may have come up. */
  async #sendDue(signal: AbortSignal): Promise<boolean> {
    const messages = await this.#parts.store.outbox(this.#nodeId, batchSize)
    const heldBack = new Set<ExecutionId>()
    let settled = 0
    for (const message of messages) {
      const { executionId } = message
      if (!this.#fleet.isConnected(this.#nodeId)) break
      if (this.#isPausing(executionId)) heldBack.add(executionId)
      if (heldBack.has(executionId)) continue
      if (await this.#send(message, signal)) settled += 1
      else heldBack.add(executionId)
    }
    return settled > 0
  }

  async #send(message: OutboxMessage, signal: AbortSignal): Promise<boolean> {
    try {
      await deliver(message, this.#parts, signal)
      this.#failures.delete(message.executionId)
      return true
    } catch (thrown) {
      signal.throwIfAborted()
      const error = EdgeError.from(thrown)
      const { executionId, kind, seq } = message
      const times = (this.#failures.get(executionId)?.times ?? 0) + 1
      const { messageRetryMinMs, messageRetryMaxMs } = this.#parts.timings
      const pauseMs = jitteredBackoffMs(times - 1, messageRetryMinMs, messageRetryMaxMs, this.#parts.random)
      this.#failures.set(executionId, { times, retryAtMs: this.#parts.clock.monotonicMs() + pauseMs })
      this.#log.info(
        { executionId, kind, seq, code: error.code, why: error.message, times },
        'a message failed',
      )
      return false
    }
  }

  #isPausing(executionId: ExecutionId): boolean {
    const failure = this.#failures.get(executionId)
    return failure !== undefined && this.#parts.clock.monotonicMs() < failure.retryAtMs
  }

  /** Until woken, or until the first pause is over. */
  async #rest(signal: AbortSignal): Promise<void> {
    const isConnected = this.#fleet.isConnected(this.#nodeId)
    const retryAtMs = Math.min(...[...this.#failures.values()].map((failure) => failure.retryAtMs))
    if (!isConnected || !Number.isFinite(retryAtMs)) {
      await this.#wakeup.wait(signal)
      return
    }
    const pauseMs = Math.max(1, retryAtMs - this.#parts.clock.monotonicMs())
    await this.#wakeup.waitAtMost(pauseMs, this.#parts.clock, signal)
  }
}

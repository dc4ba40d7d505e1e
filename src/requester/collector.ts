import {
  EdgeError,
  isEdgeError,
  isExecutionOver,
  type ExecutionId,
  type ExecutionRecord,
  type NodeId,
  type Outcome,
  type Reason,
} from '../domain/index.ts'
import type { Log } from '../ports/index.ts'
import { pullDag } from '../content/index.ts'
import { jitteredBackoffMs } from './backoff.ts'
import type { Fleet } from './fleet/index.ts'
import { untilAgreed } from './journal.ts'
import type { Parts } from './parts.ts'
import { Slots, Wakeup } from './running/index.ts'

const concurrentPulls = 4

interface Pull {
  readonly nodeId: NodeId
  readonly cancel: AbortController
  readonly reconnected: Wakeup
}

/**
 * Brings the results of executions in Publishing here. However long the node is away, it is tried again; blocks that are
 * here are not fetched twice. An execution is over in the transaction that also tells its node that all has arrived.
 */
export class Collector {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #log: Log
  readonly #slots = new Slots(concurrentPulls)
  readonly #pulls = new Map<ExecutionId, Pull>()
  #unlisten: readonly (() => void)[] = []

  constructor(parts: Parts, fleet: Fleet) {
    this.#parts = parts
    this.#fleet = fleet
    this.#log = parts.log.child({ part: 'collector' })
  }

  async start(): Promise<void> {
    this.#unlisten = [
      this.#parts.journal.onCommitted(({ executions }) => {
        for (const execution of executions) this.#follow(execution)
      }),
      this.#fleet.onEvent((event) => {
        if (event.kind !== 'joined') return
        for (const { nodeId, reconnected } of this.#pulls.values()) {
          if (nodeId === event.node.id) reconnected.ring()
        }
      }),
    ]
    for (const execution of await this.#parts.store.executionsInState('Publishing')) this.#follow(execution)
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = []
  }

  #follow({ id, nodeId, state, result }: ExecutionRecord): void {
    if (isExecutionOver(state))
      this.#pulls.get(id)?.cancel.abort(new EdgeError('state_conflict', `it is ${state}`))
    if (state !== 'Publishing' || result === undefined || this.#pulls.has(id)) return
    const pull = { nodeId, cancel: new AbortController(), reconnected: new Wakeup() }
    this.#pulls.set(id, pull)
    this.#parts.tasks.run('fetch a result', async (life) => {
      try {
        await this.#collect(id, pull, AbortSignal.any([life, pull.cancel.signal]))
      } catch (error) {
        if (!pull.cancel.signal.aborted) throw error
      } finally {
        this.#pulls.delete(id)
      }
    })
  }

  async #collect(id: ExecutionId, { nodeId, reconnected }: Pull, signal: AbortSignal): Promise<void> {
    const { clock, random, timings } = this.#parts
    for (let failures = 0; ;) {
      try {
        await this.#slots.with(signal, () => this.#pullOnce(id, signal))
        return
      } catch (thrown) {
        signal.throwIfAborted()
        const error = EdgeError.from(thrown)
        this.#log.warn(
          { executionId: id, nodeId, code: error.code, why: error.message, failures },
          'a result could not be fetched; it is tried again',
        )
      }
      if (!this.#fleet.isConnected(nodeId)) {
        await reconnected.wait(signal)
        failures = 0
        continue
      }
      const { publishRetryMinMs, publishRetryMaxMs } = timings
      const pauseMs = jitteredBackoffMs(failures, publishRetryMinMs, publishRetryMaxMs, random)
      failures += 1
      await reconnected.waitAtMost(pauseMs, clock, signal)
    }
  }

  async #pullOnce(id: ExecutionId, signal: AbortSignal): Promise<void> {
    const { store, blocks } = this.#parts
    const execution = await store.execution(id)
    if (execution?.state !== 'Publishing' || execution.result === undefined) return
    const { cid: root, bytes: maxBytes } = execution.result
    const remote: { error?: unknown } = {}
    const fetch = (cids: string[]) => this.#blocksOf(execution, cids, signal, remote)
    try {
      const { blocks: all, fetchedBlocks } = await pullDag({
        root,
        store: blocks,
        fetch,
        signal,
        limits: { maxBytes },
      })
      this.#log.info({ executionId: id, cid: root, blocks: all, fetchedBlocks }, 'a result is here')
    } catch (error) {
      const isRefused = isEdgeError(error, 'result_refused') || isEdgeError(error, 'output_unsafe')
      // What the node says may change; what the blocks say by their hashes will not.
      if (!isRefused || remote.error === error) throw error
      await this.#refuse(id, error)
      return
    }
    await this.#conclude(id, root)
  }

  async *#blocksOf(
    { id: executionId, nodeId }: ExecutionRecord,
    cids: string[],
    signal: AbortSignal,
    remote: { error?: unknown },
  ): AsyncGenerator<{ cid: string; bytes: Uint8Array }> {
    try {
      yield* this.#parts.network.stream(nodeId, 'blocks', { executionId, cids }, { signal })
    } catch (error) {
      remote.error = error
      throw error
    }
  }

  async #conclude(id: ExecutionId, cid: string): Promise<void> {
    const { store, journal } = this.#parts
    await untilAgreed(async () => {
      const execution = await store.execution(id)
      if (execution?.state !== 'Publishing') return
      if (execution.result?.cid !== cid) {
        throw new EdgeError('block_missing', `the node published another result than ${cid} meanwhile`)
      }
      const { nodeId, revision } = execution
      const outcome = outcomeOf(execution)
      const { state, reason } = outcome
      const set = { outcome, ...(reason === undefined ? {} : { reason }) }
      await journal.commit({
        executions: [{ id, expectedRevision: revision, to: state, set }],
        messages: [{ nodeId, executionId: id, kind: 'published' }],
      })
    })
  }

  /** A result that can never be here: not a failed publication, but a result that is none. */
  async #refuse(id: ExecutionId, error: EdgeError): Promise<void> {
    const { store, journal } = this.#parts
    this.#log.error({ executionId: id, why: error.message }, 'a result is refused')
    const reason: Reason = { code: 'limit_exceeded', message: error.message.slice(0, 4000) }
    await untilAgreed(async () => {
      const execution = await store.execution(id)
      if (execution?.state !== 'Publishing') return
      const { nodeId, revision } = execution
      await journal.commit({
        executions: [{ id, expectedRevision: revision, to: 'Failed', set: { reason } }],
        messages: [{ nodeId, executionId: id, kind: 'cancel', reason }],
      })
    })
  }
}

/** The end the work had on the node; one that did not say so is judged by its exit code. */
function outcomeOf({ outcome, exitCode, reason }: ExecutionRecord): Outcome {
  if (outcome !== undefined) return outcome
  if (exitCode === undefined || exitCode === 0) return { state: 'Completed' }
  return {
    state: 'Failed',
    reason: reason ?? { code: 'exit_code', message: `exit code ${String(exitCode)}` },
  }
}

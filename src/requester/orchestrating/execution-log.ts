import {
  EdgeError,
  isExecutionOver,
  isJobOver,
  type ExecutionId,
  type ExecutionRecord,
  type LogLine,
  type NodeId,
} from '../../domain/index.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { resultLines } from './result-lines.ts'
import { isFetched } from './views.ts'

export interface LogQuery {
  readonly follow: boolean
  readonly tail: number | undefined
  /** Wall time; lines from before, and lines without a time unless it is 0, are left out. */
  readonly sinceMs: number | undefined
}

/** A node that broke off or knows nothing yet is asked again after so long. */
const askAgainMs = 1000

/** Lines without a time may be of any age. */
function isSince({ atMs = 0 }: LogLine, sinceMs = 0): boolean {
  return atMs >= sinceMs
}

/** True when there is, or was, something that prints. */
export function hasPrinted({ state, runningAtMs, result }: ExecutionRecord): boolean {
  if (state === 'Running' || state === 'Publishing') return true
  return isExecutionOver(state) && (runningAtMs !== undefined || result !== undefined)
}

/**
 * Reads what one execution prints: out of its result when that is here, from its node otherwise, and also when times are
 * asked for, which the result does not keep.
 */
export class ExecutionLog {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #id: ExecutionId
  /** Lines given so far; what is read again begins with them. */
  readonly #given = { stdout: 0, stderr: 0 }

  constructor(parts: Parts, fleet: Fleet, id: ExecutionId) {
    this.#parts = parts
    this.#fleet = fleet
    this.#id = id
  }

  /** With `follow` until the work is over, across breaks of the link; otherwise what is there now. */
  async *lines(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const { tail, follow, sinceMs } = query
    if (tail !== undefined) yield* this.#last(tail, query, signal)
    if (tail !== undefined && !follow) return
    for (;;) {
      try {
        for await (const line of this.#remaining(query, signal)) if (isSince(line, sinceMs)) yield line
        return
      } catch (error) {
        signal.throwIfAborted()
        if (await this.#isHopeless(error, follow)) throw error
      }
      await this.#parts.clock.sleep(askAgainMs, { signal })
    }
  }

  /** Everything there is now, of which the last lines are given and the others only counted. */
  async *#last(tail: number, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const kept: LogLine[] = []
    for await (const line of this.#remaining({ ...query, follow: false }, signal)) {
      if (isSince(line, query.sinceMs)) kept.push(line)
      if (kept.length > tail) kept.shift()
    }
    yield* kept
  }

  async *#remaining(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const skip = { ...this.#given }
    for await (const line of await this.#source(query, signal)) {
      if (skip[line.stream] > 0) {
        skip[line.stream] -= 1
        continue
      }
      this.#given[line.stream] += 1
      yield line
    }
  }

  async #source({ follow, sinceMs }: LogQuery, signal: AbortSignal): Promise<AsyncIterable<LogLine>> {
    const { network, blocks } = this.#parts
    const execution = await this.#record()
    const { id: executionId, nodeId, result } = execution
    if (result === undefined || !isFetched(execution))
      return network.stream(nodeId, 'logs', { executionId, follow }, { signal })
    const kept = resultLines(result.cid, blocks, { signal })
    if (sinceMs === undefined || !this.#fleet.isConnected(nodeId)) return kept
    return this.#timedOr(kept, nodeId, signal)
  }

  /** The lines of the node with their times; what it does not have any more, out of the result. */
  async *#timedOr(
    kept: AsyncIterable<LogLine>,
    nodeId: NodeId,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine> {
    const given = { stdout: 0, stderr: 0 }
    const request = { executionId: this.#id, follow: false }
    try {
      for await (const line of this.#parts.network.stream(nodeId, 'logs', request, { signal })) {
        given[line.stream] += 1
        yield line
      }
    } catch {
      // It has gone, or has cleaned up: the result knows the text of every line.
      signal.throwIfAborted()
    }
    for await (const line of kept) if (given[line.stream]-- <= 0) yield line
  }

  /** Whether waiting cannot help: nobody waits, or nothing more can come. */
  async #isHopeless(thrown: unknown, follow: boolean): Promise<boolean> {
    const error = EdgeError.from(thrown)
    if (!follow || !(error.retryable || error.code === 'execution_not_found')) return true
    const execution = await this.#record()
    if (isExecutionOver(execution.state)) return !isFetched(execution)
    const job = await this.#parts.store.job(execution.jobId)
    return (job === undefined || isJobOver(job.state)) && !this.#fleet.isConnected(execution.nodeId)
  }

  async #record(): Promise<ExecutionRecord> {
    const execution = await this.#parts.store.execution(this.#id)
    if (execution !== undefined) return execution
    throw new EdgeError('execution_not_found', `there is no execution ${this.#id}`)
  }
}

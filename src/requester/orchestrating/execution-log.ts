import {
  EdgeError,
  isExecutionOver,
  isJobOver,
  type ExecutionId,
  type ExecutionRecord,
  type LogLine,
} from '../../domain/index.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { resultLines } from './result-lines.ts'
import { isFetched } from './views.ts'

export interface LogQuery {
  readonly follow: boolean
  readonly tail: number | undefined
}

/** A node that broke off or knows nothing yet is asked again after so long. */
const askAgainMs = 1000

/** True when there is, or was, something that prints. */
export function hasPrinted({ state, runningAtMs, result }: ExecutionRecord): boolean {
  if (state === 'Running' || state === 'Publishing') return true
  return isExecutionOver(state) && (runningAtMs !== undefined || result !== undefined)
}

/** Reads what one execution prints: out of its result when that is here, from its node otherwise. */
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
  async *lines({ follow, tail }: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    if (tail !== undefined) yield* this.#last(tail, signal)
    if (tail !== undefined && !follow) return
    for (;;) {
      try {
        yield* this.#remaining(follow, signal)
        return
      } catch (error) {
        signal.throwIfAborted()
        if (await this.#isHopeless(error, follow)) throw error
      }
      await this.#parts.clock.sleep(askAgainMs, { signal })
    }
  }

  /** Everything there is now, of which the last lines are given and the others only counted. */
  async *#last(tail: number, signal: AbortSignal): AsyncGenerator<LogLine> {
    const kept: LogLine[] = []
    for await (const line of this.#remaining(false, signal)) {
      kept.push(line)
      if (kept.length > tail) kept.shift()
    }
    yield* kept
  }

  async *#remaining(follow: boolean, signal: AbortSignal): AsyncGenerator<LogLine> {
    const skip = { ...this.#given }
    for await (const line of await this.#source(follow, signal)) {
      if (skip[line.stream] > 0) {
        skip[line.stream] -= 1
        continue
      }
      this.#given[line.stream] += 1
      yield line
    }
  }

  async #source(follow: boolean, signal: AbortSignal): Promise<AsyncIterable<LogLine>> {
    const { network, blocks } = this.#parts
    const execution = await this.#record()
    const { id: executionId, nodeId, result } = execution
    if (result !== undefined && isFetched(execution)) return resultLines(result.cid, blocks, { signal })
    return network.stream(nodeId, 'logs', { executionId, follow }, { signal })
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

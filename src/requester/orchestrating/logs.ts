import {
  isEdgeError,
  isExecutionOver,
  isJobOver,
  type ExecutionId,
  type ExecutionRecord,
  type JobId,
  type JobLogLine,
} from '../../domain/index.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { Channel } from '../running/index.ts'
import { ExecutionLog, hasPrinted, type LogQuery } from './execution-log.ts'
import type { News } from './news.ts'

export interface LogsInit extends LogQuery {
  readonly parts: Parts
  readonly fleet: Fleet
  readonly news: News
  readonly jobId: JobId
  /** Only this one of the job. */
  readonly executionId: ExecutionId | undefined
  /** Its abort ends the lines without an error. */
  readonly signal: AbortSignal
}

const queuedLines = 256

/**
 * The lines of all executions of a job as they come. With `follow` those that begin later too, until the job is over. When a
 * log could not be read, the others are read to their end, and then that error is thrown.
 */
export async function* jobLogs(init: LogsInit): AsyncGenerator<JobLogLine> {
  const left = new AbortController()
  const signal = AbortSignal.any([init.signal, left.signal])
  const channel = new Channel<JobLogLine>(queuedLines)
  const reading = new LogReading(init, channel, signal).run().then(
    () => {
      channel.end()
    },
    (error: unknown) => {
      if (init.signal.aborted) channel.end()
      else channel.end(error)
    },
  )
  try {
    yield* channel
  } finally {
    left.abort(new Error('nobody reads the log any more'))
    await reading
  }
}

class LogReading {
  readonly #init: LogsInit
  readonly #channel: Channel<JobLogLine>
  readonly #signal: AbortSignal
  readonly #read = new Map<ExecutionId, Promise<void>>()
  readonly #errors: unknown[] = []

  constructor(init: LogsInit, channel: Channel<JobLogLine>, signal: AbortSignal) {
    this.#init = init
    this.#channel = channel
    this.#signal = signal
  }

  async run(): Promise<void> {
    const { news, jobId, follow } = this.#init
    const subscription = news.subscribe(jobId)
    try {
      while (!(await this.#beginNew()) && follow) await subscription.wakeup.wait(this.#signal)
    } finally {
      subscription.close()
      await Promise.all(this.#read.values())
    }
    if (this.#errors.length > 0) throw this.#errors[0]
  }

  /** Begins to read executions that print by now; true when no other will. */
  async #beginNew(): Promise<boolean> {
    const { parts, jobId, executionId } = this.#init
    const job = await parts.store.job(jobId)
    const executions = (await parts.store.executionsOfJob(jobId)).filter(
      ({ id }) => executionId === undefined || id === executionId,
    )
    for (const execution of executions) {
      if (hasPrinted(execution) && !this.#read.has(execution.id)) {
        this.#read.set(execution.id, this.#pump(execution))
      }
    }
    const isOneOver = executionId !== undefined && executions.every(({ state }) => isExecutionOver(state))
    return isOneOver || job === undefined || isJobOver(job.state)
  }

  async #pump({ id: executionId, nodeName, result }: ExecutionRecord): Promise<void> {
    const { parts, fleet, follow, tail, sinceMs } = this.#init
    try {
      const log = new ExecutionLog(parts, fleet, executionId)
      for await (const line of log.lines({ follow, tail, sinceMs }, this.#signal)) {
        await this.#channel.put({ ...line, executionId, nodeName }, this.#signal)
      }
    } catch (error) {
      if (this.#signal.aborted) return
      // A node that has cleaned up after work without a result has nothing to show.
      if (isEdgeError(error, 'execution_not_found') && result === undefined) return
      this.#errors.push(error)
    }
  }
}

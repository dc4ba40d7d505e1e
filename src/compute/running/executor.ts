import type { ExecutionId, NodeExecutionRecord, Progress, Reason, Resources } from '../../domain/index.ts'
import type { Startable } from '../../ports/index.ts'
import { jitteredPauseMs } from '../backoff.ts'
import { Notes } from '../durable/notes.ts'
import { executionFolder } from '../folder/execution-folder.ts'
import { nextToRun } from './capacity.ts'
import type { Limits } from './capacity.ts'
import { live } from './live.ts'
import type { Run, RunParts } from './run.ts'
import { stopCause, Stopped } from './stopped.ts'

interface Active {
  readonly id: ExecutionId
  readonly resources: Resources
  readonly controller: AbortController
  readonly done: Promise<void>
  /** Holds a slot; false when all that is left is publishing. */
  isWorking: boolean
  progress?: Progress
}

/** Runs what is live: work as slots and capacity allow, oldest first; publishing without waiting for a slot. */
export class Executor implements Startable {
  readonly #parts: RunParts
  readonly #limits: Limits
  readonly #active = new Map<ExecutionId, Active>()
  /** Published in this life of the daemon; they wait for the requester. */
  readonly #published = new Set<ExecutionId>()
  #isRunning = false

  constructor(parts: RunParts, limits: Limits) {
    this.#parts = parts
    this.#limits = limits
  }

  start(): Promise<void> {
    this.#isRunning = true
    this.pump()
    return Promise.resolve()
  }

  /** Stops every engine; the executions keep their states and go on at the next start. */
  async stop(): Promise<void> {
    this.#isRunning = false
    const active = [...this.#active.values()]
    for (const { controller } of active) controller.abort(new Stopped({ kind: 'shutdown' }))
    await Promise.all(active.map(({ done }) => done))
  }

  /** Looks for something to begin; call it after anything that may have made room or work. */
  pump(): void {
    if (!this.#isRunning) return
    const idle = this.#parts.records.live().filter(({ id }) => !this.#active.has(id))
    for (const record of idle) {
      if (record.state === 'Publishing' && !this.#published.has(record.id)) this.#begin(record, false)
    }
    const waiting = idle
      .filter(({ state }) => state !== 'Publishing')
      .map((record) => ({ record, resources: record.spec.resources }))
    const busy = [...this.#active.values()]
      .filter(({ isWorking }) => isWorking)
      .map(({ resources }) => resources)
    for (const { record } of nextToRun(waiting, busy, this.#limits)) this.#begin(record, true)
  }

  isActive(id: ExecutionId): boolean {
    return this.#active.has(id)
  }

  progress(id: ExecutionId): Progress | undefined {
    return this.#active.get(id)?.progress
  }

  /** Call it when an execution is over. */
  forget(id: ExecutionId): void {
    this.#published.delete(id)
  }

  get working(): number {
    return [...this.#active.values()].filter(({ isWorking }) => isWorking).length
  }

  /** Stops a run; what follows is decided by its durable state and the reason. Nothing happens when it does not run. */
  cancel(id: ExecutionId, reason: Reason): void {
    this.#active.get(id)?.controller.abort(new Stopped({ kind: 'cancel', reason }))
  }

  #begin({ id, spec: { resources } }: NodeExecutionRecord, isWorking: boolean): void {
    const controller = new AbortController()
    const run: Run = {
      id,
      parts: this.#parts,
      resources,
      notes: new Notes(this.#parts.store, id),
      folder: executionFolder(this.#parts.dataDir, id),
      log: this.#parts.log.child({ execution: id }),
      signal: controller.signal,
      onProgress: (progress) => {
        active.progress = progress
      },
      onWorked: () => {
        active.isWorking = false
        this.pump()
      },
    }
    // Begins in the next microtask, when `active` is there.
    const done = Promise.resolve().then(() => this.#untilDone(run))
    const active: Active = { id, resources, controller, done, isWorking }
    this.#active.set(id, active)
  }

  async #untilDone(run: Run): Promise<void> {
    const { clock, random, timings } = this.#parts
    const limits = { minMs: timings.crashPauseMs, maxMs: timings.publishRetryMaxMs }
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          await live(run)
          if (!run.signal.aborted && this.#parts.records.isLive(run.id)) this.#published.add(run.id)
          return
        } catch (error) {
          run.log.error({ err: error }, 'the node cannot go on with an execution; it is tried again')
        }
        await clock.sleep(jitteredPauseMs(attempt, limits, random), { signal: run.signal })
      }
    } catch (error) {
      // The pause was cut short. A cancel is in the notes by now and takes effect in the next round.
      if (stopCause(run.signal) === undefined) throw error
    } finally {
      this.#active.delete(run.id)
      this.pump()
    }
  }
}

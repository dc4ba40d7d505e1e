import { deviceKey } from '../../domain/index.ts'
import type {
  Device,
  ExecutionId,
  NodeExecutionRecord,
  Progress,
  Reason,
  Resources,
} from '../../domain/index.ts'
import type { Startable } from '../../ports/index.ts'
import { jitteredPauseMs } from '../backoff.ts'
import { Notes } from '../durable/notes.ts'
import { executionFolder } from '../folder/execution-folder.ts'
import { nextToRun } from './capacity.ts'
import type { Limits, Waiting } from './capacity.ts'
import { live } from './live.ts'
import type { Run, RunParts } from './run.ts'
import { stopCause, Stopped } from './stopped.ts'

interface Active {
  readonly id: ExecutionId
  readonly resources: Resources
  readonly devices: readonly Device[]
  readonly controller: AbortController
  readonly done: Promise<void>
  /** Holds a slot; false when all that is left is publishing. */
  isWorking: boolean
  progress?: Progress
}

/** Runs what is live: work as slots, capacity and devices allow, in its turn; publishing without waiting for a slot. */
export class Executor implements Startable {
  readonly #parts: RunParts
  readonly #limits: Limits
  readonly #active = new Map<ExecutionId, Active>()
  /** Published in this life of the daemon; they wait for the requester. */
  readonly #published = new Set<ExecutionId>()
  /** What work that had begun held when the node was stopped: it gets the same devices again. */
  readonly #heldBefore = new Map<ExecutionId, ReadonlySet<string>>()
  #isRunning = false

  constructor(parts: RunParts, limits: Limits) {
    this.#parts = parts
    this.#limits = limits
  }

  async start(): Promise<void> {
    for (const { id } of this.#parts.records.live()) {
      const devices = await new Notes(this.#parts.store, id).devices()
      if (devices.length > 0) this.#heldBefore.set(id, new Set(devices))
    }
    this.#isRunning = true
    this.pump()
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
      if (record.state === 'Publishing' && !this.#published.has(record.id)) this.#begin(record, [], false)
    }
    const waiting = idle.filter(({ state }) => state !== 'Publishing').map((record) => this.#waiting(record))
    const busy = [...this.#active.values()].filter(({ isWorking }) => isWorking)
    for (const { work, devices } of nextToRun(waiting, busy, this.#limits))
      this.#begin(work.record, devices, true)
  }

  #waiting(record: NodeExecutionRecord): Waiting & { readonly record: NodeExecutionRecord } {
    const { id, state, createdAtMs, spec } = record
    return {
      record,
      resources: spec.resources,
      priority: spec.priority,
      acceptedAtMs: createdAtMs,
      isBegun: state !== 'Accepted',
      devices: this.#heldBefore.get(id),
    }
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
    this.#heldBefore.delete(id)
  }

  get working(): number {
    return [...this.#active.values()].filter(({ isWorking }) => isWorking).length
  }

  /** Stops a run; what follows is decided by its durable state and the reason. Nothing happens when it does not run. */
  cancel(id: ExecutionId, reason: Reason): void {
    this.#active.get(id)?.controller.abort(new Stopped({ kind: 'cancel', reason }))
  }

  #begin(
    { id, spec: { resources } }: NodeExecutionRecord,
    devices: readonly Device[] | undefined,
    isWorking: boolean,
  ): void {
    const controller = new AbortController()
    const run: Run = {
      id,
      parts: this.#parts,
      devices,
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
    const active: Active = { id, resources, devices: devices ?? [], controller, done, isWorking }
    this.#active.set(id, active)
    this.#heldBefore.delete(id)
  }

  async #untilDone(run: Run): Promise<void> {
    const { clock, random, timings } = this.#parts
    const limits = { minMs: timings.crashPauseMs, maxMs: timings.publishRetryMaxMs }
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          if (run.devices !== undefined && run.devices.length > 0)
            await run.notes.putDevices(run.devices.map(deviceKey))
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

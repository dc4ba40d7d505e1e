import { Worker } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'
import { EdgeError } from '../../domain/index.ts'
import type { ErrorData } from '../../domain/index.ts'
import { quietRuntime } from './quiet-runtime.ts'

/** What a worker module posts: once `ready` (or an `error` without id), then one answer for each request. */
export type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id?: number; readonly error: ErrorData }

/** What a worker module receives. */
export interface WorkerRequest {
  readonly id: number
  readonly body: unknown
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: EdgeError) => void
}

interface Seat {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
  /** What the thread has still to answer, its start included, whether anybody waits for it or not. */
  unanswered: number
  onIdle: () => void
}

/** ONNX Runtime ends the whole process when a thread is ended in the middle of a run, so a run may end first. */
const graceMs = 2000

/**
 * Worker threads that answer requests, each request going to the one with the fewest open. A worker that ends
 * unasked makes the whole pool fail: every open and later request rejects with `engine_crashed`.
 */
export class WorkerPool {
  readonly #seats: readonly Seat[]
  #nextId = 1
  #failure: EdgeError | undefined
  #isClosed = false

  private constructor(seats: readonly Seat[]) {
    this.#seats = seats
  }

  /** Starts `size` threads of `module` and waits until all are ready; rejects with the error of the first that is not. */
  static async open({ module, size, workerData }: { module: URL; size: number; workerData: unknown }) {
    quietRuntime()
    const seats = Array.from({ length: size }, (): Seat => ({
      worker: new Worker(module, { workerData }),
      waiting: new Map(),
      unanswered: 1,
      onIdle: () => undefined,
    }))
    const pool = new WorkerPool(seats)
    try {
      await Promise.all(seats.map((seat) => pool.#attach(seat)))
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  get size(): number {
    return this.#seats.length
  }

  /** The answer’s value; `transfer` moves to the worker and is gone here. */
  async ask(body: unknown, transfer: readonly Transferable[] = []): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isClosed) throw new EdgeError('internal', 'a request to workers that were stopped')
    const seat = this.#seats.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a))
    const id = this.#nextId++
    return await new Promise((resolve, reject) => {
      seat.waiting.set(id, { resolve, reject })
      seat.unanswered++
      seat.worker.postMessage({ id, body } satisfies WorkerRequest, transfer)
    })
  }

  /** Open requests reject with `interrupted` at once; the threads end when they are idle, or after two seconds. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#rejectAll(new EdgeError('interrupted', 'the workers were stopped'))
    await Promise.all(
      this.#seats.map(async (seat) => {
        await untilIdle(seat)
        await seat.worker.terminate()
      }),
    )
  }

  #attach(seat: Seat): Promise<void> {
    const { worker, waiting } = seat
    return new Promise((resolve, reject) => {
      worker.on('message', (answer: WorkerAnswer) => {
        seat.unanswered--
        if (seat.unanswered === 0) seat.onIdle()
        if (answer.kind === 'ready') resolve()
        else if (answer.kind === 'error' && answer.id === undefined) reject(EdgeError.fromData(answer.error))
        else settle(waiting, answer)
      })
      const fail = (message: string, cause?: unknown): void => {
        const error = new EdgeError('engine_crashed', message, { cause })
        reject(error)
        if (this.#isClosed) return
        this.#failure ??= error
        this.#rejectAll(error)
      }
      worker.on('error', (cause) => {
        fail(`a worker thread failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
      })
      worker.on('exit', (code) => {
        seat.unanswered = 0
        seat.onIdle()
        fail(`a worker thread ended with code ${code}`)
      })
    })
  }

  #rejectAll(error: EdgeError): void {
    for (const { waiting } of this.#seats) {
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
  }
}

function untilIdle(seat: Seat): Promise<void> {
  if (seat.unanswered <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, graceMs)
    seat.onIdle = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function settle(waiting: Map<number, Waiting>, answer: Exclude<WorkerAnswer, { kind: 'ready' }>): void {
  if (answer.id === undefined) return
  const open = waiting.get(answer.id)
  waiting.delete(answer.id)
  if (answer.kind === 'result') open?.resolve(answer.value)
  else open?.reject(EdgeError.fromData(answer.error))
}

import type { Transferable } from 'node:worker_threads'
import { EdgeError } from '../../domain/index.ts'
import type { BatchRunner, FrameRunner } from './frame-runner.ts'

export interface GathererInit {
  /** Frames that one run takes. */
  readonly batch: number
  /** Runs that go on at the same time. */
  readonly workers: number
  /** How many frames a run that was answered had. */
  readonly onRun: (frames: number) => void
}

interface Waiting {
  readonly frame: Uint8Array
  readonly transfer: readonly Transferable[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gives a runner the frames that are asked for at the same time in one run. Nobody waits for frames that may come: as
 * soon as a worker is free it gets what is there, and while all are busy what comes gathers. One full batch for each
 * worker is sent ahead, so that it is there when the worker becomes free. When a run fails, each of its frames does.
 */
export class Gatherer implements FrameRunner {
  readonly batch: number
  readonly #runner: BatchRunner
  readonly #init: GathererInit
  #waiting: Waiting[] = []
  #open = 0
  #isDue = false
  #isClosed = false

  constructor(runner: BatchRunner, init: GathererInit) {
    this.batch = init.batch
    this.#runner = runner
    this.#init = init
  }

  ask(frame: Uint8Array, transfer: readonly Transferable[] = []): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(stopped())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, transfer, resolve, reject })
      this.#look()
    })
  }

  /** Open requests reject with `interrupted`. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(stopped())
    await this.#runner.close()
  }

  /** Once everybody who has something to ask in this turn of the event loop has asked. */
  #look(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#send()
    })
  }

  #send(): void {
    const { batch, workers } = this.#init
    while (this.#waiting.length > 0) {
      const isFull = this.#waiting.length >= batch
      if (this.#open >= (isFull ? 2 * workers : workers)) return
      void this.#run(this.#waiting.splice(0, batch))
    }
  }

  async #run(asked: readonly Waiting[]): Promise<void> {
    this.#open++
    try {
      const transfer = asked.flatMap((each) => each.transfer)
      const answers = await this.#runner.ask(
        asked.map(({ frame }) => frame),
        transfer,
      )
      if (!Array.isArray(answers) || answers.length !== asked.length)
        throw new EdgeError('internal', `a detector gave no answers to ${asked.length} frames`)
      this.#init.onRun(asked.length)
      for (const [place, { resolve }] of asked.entries()) resolve(answers[place])
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
    this.#open--
    this.#look()
  }
}

function stopped(): EdgeError {
  return new EdgeError('interrupted', 'the detector was stopped')
}

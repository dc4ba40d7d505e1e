import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EdgeError } from '../../domain/index.ts'
import { siblingModule } from '../../utils/sibling-module.ts'
import type { BatchRunner } from './frame-runner.ts'
import type { FrameBody } from './serve-frames.ts'
import type { SessionInit } from './session.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-pool.ts'
import { quietRuntime } from './quiet-runtime.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: EdgeError) => void
}

const graceMs = 2000

/** How long the first frame may take, at which some providers compile the model, and each later one. */
export interface ProcessLimits {
  readonly firstFrameMs: number
  readonly frameMs: number
}
const usualLimits: ProcessLimits = { firstFrameMs: 600_000, frameMs: 60_000 }

export interface ProcessOptions {
  /** The program; the one beside this when left out. */
  readonly module?: URL
  readonly limits?: ProcessLimits
}

/**
 * A session in a child process, for accelerators: their drivers crash, and a crash of native code in a thread would end
 * the whole process with every frame in it. Here it is one failed provider: open and later requests reject with
 * `engine_crashed`, and the frames are still where they came from.
 */
export class ProcessRunner implements BatchRunner {
  readonly #name: string
  readonly #limits: ProcessLimits
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #ready: Promise<unknown>
  readonly #exited: Promise<void>
  #nextId = 1
  #hasAnswered = false
  #failure: EdgeError | undefined
  #isClosed = false

  private constructor(init: SessionInit, { module, limits = usualLimits }: ProcessOptions) {
    this.#name = `the process of the execution provider ${init.provider}`
    this.#limits = limits
    quietRuntime()
    this.#child = fork(module ?? siblingModule(import.meta.url, 'detection-process'), [], {
      execArgv: [],
      serialization: 'advanced',
      // What drivers print is no output of ours.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    this.#ready = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve, reject })
    })
    this.#exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#fail(new EdgeError('engine_crashed', `${this.#name} ${how}`))
        resolve()
      }
      this.#child.once('error', (error) => {
        end(`could not be started: ${error.message}`)
      })
      this.#child.once('exit', (code, signal) => {
        end(`ended with ${signal ?? `code ${code ?? '?'}`}`)
      })
    })
    this.#child.on('message', (answer) => {
      this.#settle(answer as WorkerAnswer)
    })
    this.#send(init)
  }

  /** Rejects as `openSession`, and with `engine_crashed` when the process ends before it is ready. */
  static async open(init: SessionInit, options: ProcessOptions = {}): Promise<ProcessRunner> {
    const runner = new ProcessRunner(init, options)
    try {
      await runner.#ready
      return runner
    } catch (error) {
      await runner.close()
      throw error
    }
  }

  /** What is asked is copied on its way and stays the caller’s. */
  async ask(body: FrameBody): Promise<unknown> {
    if (this.#isClosed) throw new EdgeError('interrupted', 'the execution provider was stopped')
    if (this.#failure !== undefined) throw this.#failure
    const id = this.#nextId++
    const limitMs = this.#hasAnswered ? this.#limits.frameMs : this.#limits.firstFrameMs
    const timer = setTimeout(() => {
      this.#fail(new EdgeError('engine_crashed', `${this.#name} did not answer within ${limitMs / 1000} s`))
      this.#child.kill('SIGKILL')
    }, limitMs)
    try {
      const value = await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#send({ id, body } satisfies WorkerRequest)
      })
      this.#hasAnswered = true
      return value
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#fail(new EdgeError('interrupted', 'the execution provider was stopped'))
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, graceMs)
    await this.#exited
    clearTimeout(timer)
  }

  #send(message: object): void {
    // A send that fails means that the process is gone, which `exit` tells.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #settle(answer: WorkerAnswer): void {
    const id = answer.kind === 'ready' ? 0 : (answer.id ?? 0)
    const open = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (answer.kind === 'error') open?.reject(EdgeError.fromData(answer.error))
    else open?.resolve(answer.kind === 'result' ? answer.value : undefined)
  }

  #fail(error: EdgeError): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

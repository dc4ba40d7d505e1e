import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EdgeError } from '../../../domain/index.ts'
import type { Log } from '../../../ports/index.ts'
import { errnoOf } from '../../../utils/errno.ts'
import { Boxes, Complaint, Ready, broken, decode, encode, parseBody } from './protocol.ts'
import type { Message, WireBox } from './protocol.ts'

export interface Hello {
  /** Names of the classes that are looked for; all when null. */
  readonly classes: readonly string[] | null
  readonly scoreThreshold: number
  readonly iouThreshold: number
  readonly maxDetections: number
}

export interface SidecarInit {
  readonly command: readonly string[]
  readonly hello: Hello
  readonly log: Log | undefined
  readonly limits?: Partial<SidecarLimits>
}

/** How long it may take to be ready (an accelerator loads its model), to answer a frame, and to end when asked to. */
export interface SidecarLimits {
  readonly readyMs: number
  readonly frameMs: number
  readonly graceMs: number
}
const usualLimits: SidecarLimits = { readyMs: 120_000, frameMs: 30_000, graceMs: 2000 }

const longestLine = 2000

/**
 * A running detector program. Frames are sent one after another, each when the one before is answered. Whatever it does
 * that it should not (garbage, a late or a wrong answer, its end) ends it, and every open and later request rejects with
 * `engine_crashed` and what was found.
 */
export class SidecarProcess {
  readonly #child: ChildProcess
  readonly #limits: SidecarLimits
  readonly #messages: AsyncGenerator<Message, void, undefined>
  readonly #exited: Promise<string>
  #lastWords = ''
  #turn: Promise<unknown> = Promise.resolve()
  #failure: EdgeError | undefined
  #isClosed = false
  #nextId = 1

  private constructor({ command, log, limits }: SidecarInit) {
    const [program = '', ...args] = command
    this.#limits = { ...usualLimits, ...limits }
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EDGE_'))),
      detached: true,
      windowsHide: true,
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        resolve(`it could not be started: ${error.message}`)
      })
      this.#child.once('exit', (code, signal) => {
        resolve(`it ended with ${signal ?? `code ${code ?? '?'}`}`)
      })
    })
    // EPIPE: it is gone, which its exit tells.
    this.#child.stdin?.on('error', () => undefined)
    this.#follow(log)
    this.#messages = decode(this.#child.stdout ?? noOutput())
  }

  /** Starts the program and waits for its `ready`. Throws `provider_unavailable` with what it did instead. */
  static async start(
    init: SidecarInit,
  ): Promise<{ readonly process: SidecarProcess; readonly ready: Ready }> {
    const sidecar = new SidecarProcess(init)
    try {
      const { readyMs } = sidecar.#limits
      sidecar.#write(encode('hello', init.hello))
      const message = await sidecar.#within(readyMs, sidecar.#next(), 'it was not ready')
      return { process: sidecar, ready: parseBody(Ready, expected(message, 'ready')) }
    } catch (cause) {
      const error = EdgeError.from(cause)
      await sidecar.close()
      throw new EdgeError('provider_unavailable', error.message, { cause, hint: error.hint })
    }
  }

  /** The boxes of one picture, in its pixels. */
  async detect(
    picture: { readonly width: number; readonly height: number; readonly format: string },
    pixels: Uint8Array,
  ): Promise<readonly WireBox[]> {
    const answer = this.#turn.then(() => this.#ask(picture, pixels))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  /** Asks it to end, makes it end when it does not, and waits until it is gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#write(encode('bye', {}))
    this.#child.stdin?.end()
    await this.#goneWithin(this.#failure === undefined ? this.#limits.graceMs : 0)
    this.#kill('SIGTERM')
    await this.#goneWithin(this.#limits.graceMs)
    this.#kill('SIGKILL')
    await this.#exited
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  async #ask(picture: object, pixels: Uint8Array): Promise<readonly WireBox[]> {
    if (this.#isClosed) throw new EdgeError('interrupted', 'the detector sidecar was stopped')
    if (this.#failure !== undefined) throw this.#failure
    const id = this.#nextId++
    try {
      this.#write(encode('frame', { id, ...picture }, pixels))
      const message = await this.#within(this.#limits.frameMs, this.#next(), `it did not answer frame ${id}`)
      const answer = parseBody(Boxes, expected(message, 'boxes'))
      if (answer.id !== id) throw broken(`it answered frame ${answer.id} where ${id} was asked`)
      return answer.boxes
    } catch (error) {
      if (this.#wasClosed())
        throw new EdgeError('interrupted', 'the detector sidecar was stopped', { cause: error })
      this.#failure = EdgeError.from(error)
      this.#kill('SIGTERM')
      throw error
    }
  }

  /** It may have been, meanwhile. */
  #wasClosed(): boolean {
    return this.#isClosed
  }

  async #next(): Promise<Message> {
    const { value, done } = await this.#messages.next()
    if (done !== true) return value
    const how = await Promise.race([this.#exited, later(this.#limits.graceMs, 'it closed its output')])
    throw broken(this.#lastWords === '' ? how : `${how}; its last words: ${this.#lastWords}`)
  }

  async #within<T>(ms: number, answer: Promise<T>, late: string): Promise<T> {
    const timer = new AbortController()
    try {
      const limit = later(ms, undefined, timer.signal).then(() => {
        throw broken(`${late} within ${ms / 1000} s`)
      })
      // Whichever loses says nothing more.
      limit.catch(() => undefined)
      answer.catch(() => undefined)
      return await Promise.race([answer, limit])
    } finally {
      timer.abort()
    }
  }

  #write(parts: readonly Uint8Array[]): void {
    const { stdin } = this.#child
    if (stdin?.writable === true) for (const part of parts) stdin.write(part)
  }

  #follow(log: Log | undefined): void {
    let rest = ''
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/)
      rest = (lines.pop() ?? '').slice(0, longestLine)
      for (const line of lines.filter((each) => each.trim() !== '')) {
        this.#lastWords = line.slice(0, 300)
        log?.info({ line: line.slice(0, longestLine) }, 'the detector sidecar says')
      }
    })
  }

  async #goneWithin(ms: number): Promise<void> {
    const timer = new AbortController()
    await Promise.race([this.#exited, later(ms, undefined, timer.signal)])
    timer.abort()
  }

  /** To its whole group: a wrapper may have started the program itself. */
  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH') throw error
    }
  }
}

function expected(message: Message, kind: 'ready' | 'boxes'): Message {
  if (message.kind === kind) return message
  if (message.kind === 'error')
    throw broken(`it says: ${parseBody(Complaint, message).message.slice(0, 500)}`)
  throw broken(`it sent ${message.kind} where ${kind} was expected`)
}

/** Resolves after a time, or at once when the signal is aborted. */
function later<T>(ms: number, value: T, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(value)
    }, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
    })
  })
}

async function* noOutput(): AsyncGenerator<Uint8Array> {
  yield* []
  await Promise.resolve()
}

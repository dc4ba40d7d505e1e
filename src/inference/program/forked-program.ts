import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { EdgeError } from '../../domain/index.ts'
import { siblingModule } from '../../utils/sibling-module.ts'
import { ProgramNews } from './messages.ts'
import type { ProgramOrder } from './messages.ts'
import { quietRuntime } from '../detector/quiet-runtime.ts'

/** How the program ended: with its last word, or without one. */
export type ProgramEnd =
  | Extract<ProgramNews, { kind: 'done' | 'described' | 'failed' }>
  | { readonly kind: 'lost'; readonly error: EdgeError }

export interface ForkListeners {
  readonly onNews?: (news: ProgramNews) => void
  /** What native code prints, line by line. */
  readonly onOutput?: (line: string) => void
}

/** After an abort the program has this long to end by itself. */
const graceMs = 8000

/**
 * One child process that obeys one order, in a process group of its own, so that a Ctrl-C at the terminal reaches the
 * parent only. Its ffmpeg processes end with it: it stops them, and when it dies without a word their pipes break.
 * `ended` never rejects, and resolves when the program is gone.
 */
export class ForkedProgram {
  readonly #child: ChildProcess
  readonly ended: Promise<ProgramEnd>

  constructor(order: ProgramOrder, listeners: ForkListeners = {}) {
    quietRuntime()
    this.#child = fork(siblingModule(import.meta.url, 'main'), [], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    this.ended = this.#follow(listeners)
    this.#send(order)
  }

  /** Asks the program to end, and makes it end when it does not. */
  abort(): void {
    this.#send({ kind: 'abort' })
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, graceMs)
    void this.ended.finally(() => {
      clearTimeout(timer)
    })
  }

  #send(order: ProgramOrder): void {
    // A send that fails means that the program is gone, which `exit` and `error` tell.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  #follow({ onNews, onOutput }: ForkListeners): Promise<ProgramEnd> {
    return new Promise((resolve) => {
      let lastWord: ProgramEnd | undefined
      this.#child.on('message', (message) => {
        const news = ProgramNews.safeParse(message)
        if (!news.success) {
          lastWord ??= lost(`it sent what is no message: ${news.error.message}`)
          this.#child.kill('SIGKILL')
          return
        }
        onNews?.(news.data)
        const { kind } = news.data
        if (kind === 'done' || kind === 'described' || kind === 'failed') lastWord ??= news.data
      })
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        if (stream !== null) createInterface({ input: stream }).on('line', (line) => onOutput?.(line))
      }
      this.#child.once('error', (cause) => {
        lastWord ??= lost(`it could not be started: ${cause.message}`, cause)
        if (this.#child.pid === undefined) resolve(lastWord)
      })
      this.#child.once('close', (code, signal) => {
        const how = signal === null ? `it ended with exit code ${String(code)}` : `it was killed by ${signal}`
        resolve(lastWord ?? lost(how))
      })
    })
  }
}

function lost(how: string, cause?: unknown): ProgramEnd {
  const message = `the inference process ended before its work was done: ${how}`
  return { kind: 'lost', error: new EdgeError('engine_crashed', message, { cause }) }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

interface StartOptions {
  /** Gets stdout and, under the same name with `.err`, stderr. */
  readonly logFile: string
  /** It may outlive this process. */
  readonly detached: boolean
  readonly env?: NodeJS.ProcessEnv
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** An `edge serve` that this process started: what it printed, its `export NAME=value` lines, its end. */
export class StartedProcess {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #logFile: string

  constructor(
    name: string,
    command: string,
    args: readonly string[],
    { logFile, detached, env }: StartOptions,
  ) {
    this.#name = name
    this.#logFile = logFile
    const files = [openSync(logFile, 'a'), openSync(`${logFile}.err`, 'a')]
    this.#child = spawn(command, args, {
      stdio: ['ignore', ...files],
      detached,
      ...(env === undefined ? {} : { env }),
    })
    files.forEach(closeSync)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it said so far. */
  get stdout(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  get stderr(): string {
    return readFileSync(`${this.#logFile}.err`, 'utf8')
  }

  /** The value of an `export NAME=value` line it printed. */
  exported(name: string): string {
    const value = new RegExp(`^export ${name}=(.*)$`, 'm').exec(this.stdout)?.[1]
    if (value === undefined)
      throw new Error(`${this.#name} did not print export ${name}; see ${this.#logFile}`)
    return value
  }

  /** Resolves when it printed such a line; rejects when it ends before. */
  async untilPrinted(pattern: RegExp, signal: AbortSignal): Promise<void> {
    while (!pattern.test(this.stdout)) {
      if (this.#isOver()) throw new Error(`${this.#name} ended at once:\n${this.stderr}`)
      await delay(50, undefined, { signal })
    }
  }

  /** SIGTERM, and SIGKILL when it does not end within 15 s. */
  async stop(): Promise<void> {
    if (this.#isOver()) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(timer)
  }

  /** SIGKILL, now. */
  async kill(): Promise<void> {
    if (this.#isOver()) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when it is over, however that came. */
  async ended(): Promise<Ended> {
    if (!this.#isOver()) await once(this.#child, 'exit')
    return { code: this.#child.exitCode, signal: this.#child.signalCode }
  }

  /** Lets it live on without us. */
  release(): void {
    this.#child.unref()
  }

  #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

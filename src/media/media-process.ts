import { spawn, type ChildProcess } from 'node:child_process'
import { devNull } from 'node:os'
import { Readable, type Writable } from 'node:stream'
import type { Abortable } from '../ports/index.ts'
import { Complaints, LineSplitter } from './lines.ts'
import { watchMemory } from './memory-watch.ts'
import { errnoOf } from '../utils/errno.ts'

/**
 * The one place that starts ffmpeg and ffprobe. fluent-ffmpeg builds the command lines (command.ts) but does not run
 * them: its runner hands the daemon's whole environment (with its secrets) to a program that parses hostile files,
 * keeps the program's path in a process-wide cache, leaves stdin open, has no extra pipes for time stamps and no
 * back-pressure-safe early end, sends one signal and waits for nobody; its ffprobe buffers output without a limit.
 */

const graceMs = 2_000
/** After its exit, output that a child left in the pipes is awaited this long; a grandchild may hold them for ever. */
const drainMs = 2_000
/** What reads a file may hold so much memory: 8K of ten bits with four threads needs 1.2 GB, ordinary footage 0.1. */
const readerMemoryBytes = 1.5 * 2 ** 30

/** How a child ended. `code` is null when a signal ended it or when it could not be started. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stopped: boolean
  readonly errors: readonly string[]
}

export interface ProcessOptions extends Abortable {
  /** Pipes beside stdout that the child writes to, as file descriptors 3, 4, ... */
  readonly channels?: number
  /** Give the child a stdin that the caller writes; otherwise it has none. */
  readonly hasInput?: boolean
  /** It is stopped when it holds more: 1.5 GiB unless told. Encoders keep many pictures and have no limit. */
  readonly mostMemoryBytes?: number
}

/** A running child in a process group of its own; `outputs` are stdout and the extra channels, to be read by the caller. */
export class MediaProcess {
  readonly outputs: readonly Readable[]
  /** Stdin, where it was asked for. A child that ends before it has read all makes no error of it. */
  readonly input: Writable | undefined
  /** Settles, and never rejects, when the child is reaped and its pipes are closed. */
  readonly ended: Promise<ProcessEnd>
  readonly #child: ChildProcess
  readonly #exit: Promise<[number | null, NodeJS.Signals | null]>
  readonly #complaints = new Complaints()
  #killTimer: NodeJS.Timeout | undefined
  #exited = false
  #gone = false
  #stopped = false

  /** Starts `program` without a shell, with nothing on stdin unless asked; an abort of the signal stops it. */
  constructor(program: string, args: readonly string[], options: ProcessOptions = {}) {
    const { channels = 0, hasInput = false, mostMemoryBytes = readerMemoryBytes, signal } = options
    signal?.throwIfAborted()
    const pipes = Array.from({ length: channels }, () => 'pipe' as const)
    const child = spawn(program, args, {
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', ...pipes],
      cwd: '/',
      env: childEnvironment(),
      detached: true,
      windowsHide: true,
    })
    this.#child = child
    this.#exit = new Promise((resolve) => {
      child.once('exit', (...end) => {
        resolve(end)
      })
      child.once('error', (error) => {
        // a failed kill is told here too, then the exit is still to come
        if (child.pid !== undefined) return
        this.#complaints.add(`it could not be started: ${error.message}`)
        resolve([null, null])
      })
    })
    // where no file descriptor is left there are no pipes at all, whatever the type says
    const stdio = (child.stdio as ChildProcess['stdio'] | undefined) ?? []
    this.outputs = [1, ...pipes.map((_, index) => index + 3)].map(
      (fd) => (stdio[fd] as Readable | null | undefined) ?? Readable.from([]),
    )
    this.input = hasInput ? (stdio[0] ?? undefined) : undefined
    // EPIPE: the child is gone, and how it ended is told by `ended`
    this.input?.on('error', () => undefined)
    this.#readComplaints()
    if (mostMemoryBytes < Infinity) this.#limitMemory(mostMemoryBytes)
    const abort = (): void => void this.stop()
    signal?.addEventListener('abort', abort, { once: true })
    this.ended = this.#watch().finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Ends the child (SIGTERM, a grace period, SIGKILL, to the whole group) and waits until it is gone. */
  async stop(): Promise<ProcessEnd> {
    if (!this.#stopped && !this.#gone) {
      this.#stopped = true
      // a child that is blocked on a full pipe does not see SIGTERM before the pipe is closed
      for (const output of this.outputs) output.destroy()
      this.input?.destroy()
      this.#kill(this.#exited ? 'SIGKILL' : 'SIGTERM')
      if (!this.#exited)
        this.#killTimer = setTimeout(() => {
          this.#kill('SIGKILL')
        }, graceMs)
    }
    return this.ended
  }

  /** Adds a finding of ours to what the child complained about. */
  complain(line: string): void {
    this.#complaints.add(line)
  }

  #limitMemory(mostBytes: number): void {
    const { pid } = this.#child
    if (pid === undefined) return
    const onExcess = (): void => {
      this.#complaints.add(`it took more than ${mostBytes / 2 ** 20} MiB of memory`)
      void this.stop()
    }
    const end = watchMemory(pid, { mostBytes, onExcess })
    void this.#exit.then(end)
  }

  #readComplaints(): void {
    const { stderr } = this.#child as { stderr?: Readable | null }
    if (stderr === undefined || stderr === null) return
    const splitter = new LineSplitter((line) => {
      this.#complaints.add(line)
    })
    stderr.on('data', (chunk: Buffer) => {
      splitter.push(chunk)
    })
    stderr.on('end', () => {
      splitter.end()
    })
    for (const stream of [stderr, ...this.outputs])
      stream.on('error', (error: Error) => {
        this.#complaints.add(`reading from the child failed: ${error.message}`)
      })
  }

  async #watch(): Promise<ProcessEnd> {
    const [code, signal] = await this.#exit
    clearTimeout(this.#killTimer)
    this.#exited = true
    if (this.#stopped) this.#kill('SIGKILL')
    if (this.#child.pid === undefined) for (const output of this.outputs) output.destroy()
    await this.#pipesClosed()
    this.#gone = true
    return { code, signal, stopped: this.#stopped, errors: this.#complaints.lines() }
  }

  async #pipesClosed(): Promise<void> {
    const { stderr } = this.#child as { stderr?: Readable | null }
    // only stderr is hurried: the others belong to a reader that may be slow
    if (stderr !== undefined && stderr !== null) {
      const hurry = setTimeout(() => {
        this.#kill('SIGKILL')
        stderr.destroy()
      }, drainMs)
      await closed(stderr)
      clearTimeout(hurry)
    }
    await Promise.all(this.outputs.map(closed))
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      // ESRCH: the group is gone already, which is what was wanted
      if (errnoOf(error) !== 'ESRCH') this.#complaints.add(`kill: ${String(error)}`)
    }
  }
}

async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', resolve))
}

/** What a child may know of our environment: where programs and shared libraries are, and nothing else. */
export function childEnvironment(): Readonly<Record<string, string>> {
  const passed = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR']
  const kept = passed.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  // statically linked builds load the system's character set modules and crash at the service names of an MPEG-TS
  return { ...Object.fromEntries(kept), LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1', GCONV_PATH: devNull }
}

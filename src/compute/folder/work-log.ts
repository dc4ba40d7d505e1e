import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogLine } from '../../domain/index.ts'
import type { ExecutionFolder } from './execution-folder.ts'

export interface WorkLogInit {
  readonly folder: ExecutionFolder
  /** For stdout and for stderr each; what comes after is left out, with a line that says so. */
  readonly limitBytes: number
  /** Wall time in ms, for lines that come without. */
  readonly now: () => number
  /** Called when lines are in the files. */
  readonly onFlushed: () => void
  /** Called at most once; the work goes on without its log. */
  readonly onFailed: (error: unknown) => void
}

interface Stream {
  bytes: number
  isFull: boolean
}
type Name = LogLine['stream'] | 'log'

/**
 * What work prints, appended to three files: stdout and stderr of the result, and both in the order they came, each line
 * marked `O` or `E` and the time in ms (see read-log.ts). Writing never waits and never fails; lines are in the files soon after.
 */
export class WorkLog {
  readonly #init: WorkLogInit
  readonly #files: Readonly<Record<Name, FileHandle>>
  readonly #streams: Readonly<Record<LogLine['stream'], Stream>>
  #pending: Record<Name, string> = { stdout: '', stderr: '', log: '' }
  #flushing: Promise<void> | undefined
  #hasFailed = false
  #isClosed = false

  private constructor(init: WorkLogInit, files: Record<Name, FileHandle>, sizes: Record<Name, number>) {
    this.#init = init
    this.#files = files
    const stream = (bytes: number): Stream => ({ bytes, isFull: bytes >= init.limitBytes })
    this.#streams = { stdout: stream(sizes.stdout), stderr: stream(sizes.stderr) }
  }

  /** Opens the files; what earlier attempts printed stays, and a line that a crash cut is ended. */
  static async open(init: WorkLogInit): Promise<WorkLog> {
    const { folder } = init
    const stdout = await openToAppend(join(folder.result, 'stdout'))
    const stderr = await openToAppend(join(folder.result, 'stderr'))
    const log = await openToAppend(folder.log)
    return new WorkLog(
      init,
      { stdout: stdout.file, stderr: stderr.file, log: log.file },
      { stdout: stdout.size, stderr: stderr.size, log: log.size },
    )
  }

  readonly write = ({ stream, text, atMs = this.#init.now() }: LogLine): void => {
    if (this.#isClosed) return
    for (const line of text.split('\n')) this.#line(stream, line, atMs)
    this.#flushing ??= this.#flush()
  }

  /** Resolves when everything written so far is in the files (or writing failed). */
  async flushed(): Promise<void> {
    await this.#flushing
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#flushing
    await Promise.all(Object.values(this.#files).map((file) => file.close()))
  }

  #line(name: LogLine['stream'], text: string, atMs: number): void {
    const stream = this.#streams[name]
    if (stream.isFull) return
    const { limitBytes } = this.#init
    const bytes = Buffer.byteLength(text) + 1
    stream.isFull = stream.bytes + bytes > limitBytes
    stream.bytes += bytes
    const line = stream.isFull
      ? `[edge: ${name} is longer than ${limitBytes} bytes; the rest is left out]`
      : text
    this.#pending[name] += `${line}\n`
    this.#pending.log += `${name === 'stdout' ? 'O' : 'E'}${String(atMs)} ${line}\n`
  }

  async #flush(): Promise<void> {
    // Everything that is printed in this turn of the event loop goes out in one write.
    await Promise.resolve()
    try {
      while (Object.values(this.#pending).some((text) => text !== '')) {
        const texts = this.#pending
        this.#pending = { stdout: '', stderr: '', log: '' }
        if (this.#hasFailed) continue
        for (const name of ['stdout', 'stderr', 'log'] as const) {
          if (texts[name] !== '') await this.#files[name].appendFile(texts[name])
        }
        this.#init.onFlushed()
      }
    } catch (error) {
      this.#hasFailed = true
      this.#init.onFailed(error)
    } finally {
      this.#flushing = undefined
    }
  }
}

async function openToAppend(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, 'a+', 0o600)
  const { size } = await file.stat()
  if (size === 0) return { file, size }
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 })
  if (buffer[0] === 0x0a) return { file, size }
  await file.appendFile('\n')
  return { file, size: size + 1 }
}

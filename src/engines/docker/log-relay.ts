import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogLine } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import type { LogBase } from './container-labels.ts'
import type { LogPiece } from './engine-api.ts'
import { LineSplitter } from './split-lines.ts'

type Stream = LogLine['stream']

/** For stdout and stderr each; what comes after is left out, with a line that says so. */
export const logLimitBytes = 8 * 2 ** 20

interface Passed {
  /** Lines of this container that have gone out. */
  lines: number
  bytes: number
  isFull: boolean
  /** What the result holds already from an earlier life of the node; the container’s lines are among them, in order. */
  readonly before: string[]
}

/**
 * Passes on what a container prints, each line once: an engine tells a log from its beginning whenever it is asked, and it
 * is asked again after the engine or the node was restarted.
 */
export class LogRelay {
  readonly #onLog: (line: LogLine) => void
  readonly #passed: Readonly<Record<Stream, Passed>>

  constructor(onLog: (line: LogLine) => void, before: Readonly<Record<Stream, string[]>>) {
    this.#onLog = onLog
    const passed = (stream: Stream): Passed => ({
      lines: 0,
      bytes: 0,
      isFull: false,
      before: [...before[stream]].reverse(),
    })
    this.#passed = { stdout: passed('stdout'), stderr: passed('stderr') }
  }

  /** Takes one telling of the log. A last line without newline counts only when no more will come. */
  async relay(pieces: AsyncIterable<LogPiece>, { isLast }: { readonly isLast: boolean }): Promise<void> {
    const told: Record<Stream, { splitter: LineSplitter; lines: number }> = {
      stdout: { splitter: new LineSplitter(), lines: 0 },
      stderr: { splitter: new LineSplitter(), lines: 0 },
    }
    const take = (stream: Stream, lines: Iterable<string>): void => {
      for (const line of lines)
        if (told[stream].lines++ >= this.#passed[stream].lines) this.#pass(stream, line)
    }
    for await (const { stream, bytes } of pieces) {
      // What is left out needs no counting either.
      if (!this.#passed[stream].isFull) take(stream, told[stream].splitter.push(bytes))
    }
    if (!isLast) return
    for (const stream of ['stdout', 'stderr'] as const) take(stream, told[stream].splitter.end())
  }

  #pass(stream: Stream, text: string): void {
    const passed = this.#passed[stream]
    passed.lines++
    if (passed.isFull) return
    passed.bytes += Buffer.byteLength(text) + 1
    passed.isFull = passed.bytes > logLimitBytes
    if (isAmong(passed.before, text)) return
    const line = passed.isFull
      ? `[edge: ${stream} is longer than ${logLimitBytes} bytes; the rest is left out]`
      : text
    this.#onLog({ stream, text: line })
  }
}

/** Takes the lines up to this one off; what lies between are lines of the node itself. */
function isAmong(before: string[], text: string): boolean {
  while (before.length > 0) if (before.pop() === text) return true
  return false
}

/** What the result’s stdout and stderr hold after `base`. */
export async function linesBefore(resultDir: string, base: LogBase): Promise<Record<Stream, string[]>> {
  return {
    stdout: await linesOf(join(resultDir, 'stdout'), base.stdout),
    stderr: await linesOf(join(resultDir, 'stderr'), base.stderr),
  }
}

async function linesOf(path: string, start: number): Promise<string[]> {
  try {
    const lines = (await readFile(path)).subarray(start).toString().split('\n')
    return lines.slice(0, -1)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

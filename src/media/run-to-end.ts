import type { Abortable } from '../ports/index.ts'
import { LineSplitter } from './lines.ts'
import { MediaProcess, type ProcessEnd } from './media-process.ts'

export interface RunRequest extends Abortable {
  readonly program: string
  readonly args: readonly string[]
  readonly channels?: number
  /** Called for every line of stdout (output 0) and of the extra channels (1, 2, ...). */
  readonly onLine: (line: string, output: number) => void
  /** Stopped when no byte came for this long. */
  readonly stallMs: number
  /** Stopped when more came than this. */
  readonly maxBytes: number
}

export interface RunEnd extends ProcessEnd {
  readonly cutShort: 'stalled' | 'too_much' | undefined
}

/** Runs a child whose output is lines of text, to its end; throws the signal's reason when it was aborted. */
export async function runToEnd(request: RunRequest): Promise<RunEnd> {
  const { program, args, channels = 0, signal, stallMs, maxBytes } = request
  const child = new MediaProcess(program, args, { channels, signal })
  let cutShort: RunEnd['cutShort']
  let bytes = 0
  const stop = (why: 'stalled' | 'too_much'): void => {
    cutShort ??= why
    void child.stop()
  }
  const timer = setTimeout(() => {
    child.complain(`no output for ${stallMs / 1000} s`)
    stop('stalled')
  }, stallMs)
  child.outputs.forEach((output, index) => {
    const splitter = new LineSplitter((line) => {
      request.onLine(line, index)
    })
    output.on('data', (chunk: Buffer) => {
      timer.refresh()
      bytes += chunk.length
      if (bytes > maxBytes) {
        child.complain(`more than ${maxBytes} bytes of output`)
        stop('too_much')
      } else splitter.push(chunk)
    })
    output.on('end', () => {
      splitter.end()
    })
  })
  const end = await child.ended
  clearTimeout(timer)
  signal?.throwIfAborted()
  return { ...end, cutShort }
}

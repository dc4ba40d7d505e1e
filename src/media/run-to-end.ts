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
  /** What is written to the child's stdin. It is left, and so closed, when the child ends before. */
  readonly feed?: AsyncIterable<Uint8Array>
  /** As for `MediaProcess`. */
  readonly mostMemoryBytes?: number
}

export interface RunEnd extends ProcessEnd {
  readonly cutShort: 'stalled' | 'too_much' | undefined
}

/** Runs a child whose output is lines of text, to its end; throws the signal's reason when it was aborted. */
export async function runToEnd(request: RunRequest): Promise<RunEnd> {
  const { program, args, channels = 0, mostMemoryBytes, signal, stallMs, maxBytes } = request
  const hasInput = request.feed !== undefined
  const child = new MediaProcess(program, args, {
    ...{ channels, signal, hasInput },
    ...(mostMemoryBytes === undefined ? {} : { mostMemoryBytes }),
  })
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
  let end: ProcessEnd
  try {
    if (request.feed !== undefined) await feedInput(child, request.feed, () => timer.refresh())
  } catch (error) {
    await child.stop()
    throw error
  } finally {
    end = await child.ended
    clearTimeout(timer)
  }
  signal?.throwIfAborted()
  return { ...end, cutShort }
}

async function feedInput(
  child: MediaProcess,
  feed: AsyncIterable<Uint8Array>,
  onProgress: () => void,
): Promise<void> {
  const { input } = child
  if (input === undefined) return
  const gone = child.ended.then(() => undefined)
  for await (const chunk of feed) {
    onProgress()
    if (input.destroyed) break
    if (!input.write(chunk)) {
      const drained = new Promise<void>((resolve) => input.once('drain', resolve))
      await Promise.race([drained, gone])
    }
  }
  input.end()
}

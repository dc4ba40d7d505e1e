import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { LogLine } from '../../domain/index.ts'
import type { Wake } from '../wake.ts'
import { errnoOf } from '../../utils/errno.ts'

export interface ReadLogRequest {
  /** The file in which lines begin with `O` (stdout) or `E` (stderr), the time in ms and a space; older logs have `o` or `e` alone. */
  readonly path: string
  /** Only so many of the last lines that are there now; all when left out. */
  readonly tail: number | undefined
  readonly follow: boolean
  /** Woken when lines were added, and when no more will come. */
  readonly news: Wake
  /** True when no more lines will come. */
  readonly isEnded: () => Promise<boolean>
  readonly signal: AbortSignal
}

const chunkBytes = 65_536
/** As long as a line on the wire may be; longer ones come in pieces. */
const maxText = 65_536
const timedLine = /^([OE])(\d{1,15}) /

/** The lines of a log, those that are there and with `follow` those that come until the end. */
export async function* readLog(request: ReadLogRequest): AsyncGenerator<LogLine> {
  const { news, signal, path, follow, isEnded } = request
  let offset: number | undefined
  for (;;) {
    const { version } = news
    // Asked before reading: what is printed before the end is in the file then.
    const isLast = !follow || (await isEnded())
    await using file = await openIfThere(path)
    if (file !== undefined) {
      offset ??= request.tail === undefined ? 0 : await tailOffset(file.handle, request.tail)
      for await (const piece of linesFrom(file.handle, offset)) {
        signal.throwIfAborted()
        offset = piece.end
        yield* toLines(piece.text)
      }
    }
    if (isLast) return
    await news.after(version, { signal })
  }
}

interface OpenLog extends AsyncDisposable {
  readonly handle: FileHandle
}

async function openIfThere(path: string): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r')
    return { handle, [Symbol.asyncDispose]: () => handle.close() }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Complete lines from `offset` on, each with the offset after it. */
async function* linesFrom(file: FileHandle, offset: number): AsyncGenerator<{ text: string; end: number }> {
  let rest = Buffer.alloc(0)
  let position = offset
  for (;;) {
    const { bytesRead, buffer } = await file.read({
      buffer: Buffer.alloc(chunkBytes),
      position: position + rest.length,
    })
    if (bytesRead === 0) return
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      position += end + 1
      yield { text: rest.toString('utf8', 0, end), end: position }
      rest = rest.subarray(end + 1)
    }
  }
}

function* toLines(marked: string): Generator<LogLine> {
  const { stream, text, ...time } = parseLine(marked)
  for (let at = 0; at === 0 || at < text.length; at += maxText)
    yield { stream, text: text.slice(at, at + maxText), ...time }
}

function parseLine(marked: string): LogLine {
  const timed = timedLine.exec(marked)
  if (timed === null) return { stream: marked.startsWith('e') ? 'stderr' : 'stdout', text: marked.slice(1) }
  const [begin, mark, atMs] = timed
  return {
    stream: mark === 'E' ? 'stderr' : 'stdout',
    text: marked.slice(begin.length),
    atMs: Number(atMs),
  }
}

/** Where the last `count` complete lines begin; read backwards, so a long log costs no more than its end. */
async function tailOffset(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat()
  let newlines = 0
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - chunkBytes)
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(end - begin), position: begin })
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] !== 0x0a) continue
      // The newline before the first wanted line is number count + 1 from the end.
      if (newlines === count) return begin + at + 1
      newlines++
    }
    end = begin
  }
  return 0
}

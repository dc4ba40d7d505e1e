import { readFile } from '../../content/read-file.ts'
import type { LogLine } from '../../domain/index.ts'
import type { Abortable, BlockStore } from '../../ports/index.ts'

/** A log line is not longer on the wire. */
const longestLine = 65_536

/** What a fetched result says was printed: all of stdout, then all of stderr, line by line. */
export async function* resultLines(
  root: string,
  store: BlockStore,
  { signal }: Abortable,
): AsyncGenerator<LogLine> {
  for (const stream of ['stdout', 'stderr'] as const) {
    for await (const text of linesOf(readFile({ root, path: stream, store, signal }))) yield { stream, text }
  }
}

/** UTF-8 text as lines without their newline; very long ones in pieces. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield* pieces(line)
    while (rest.length > longestLine) {
      yield rest.slice(0, longestLine)
      rest = rest.slice(longestLine)
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield* pieces(rest)
}

function* pieces(line: string): Generator<string> {
  for (let at = 0; at < line.length || at === 0; at += longestLine) yield line.slice(at, at + longestLine)
}

import { EdgeError } from '../domain/index.ts'

/** Longer lines are refused: a log line is at most 64 Ki characters, an event far less. */
const maxLineLength = 4 * 1_048_576

/** UTF-8 bytes as lines without their ends (\n or \r\n). What comes after the last end is no line. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLineLength)
      throw new EdgeError('rpc_protocol', `a line of the answer is longer than ${maxLineLength} characters`)
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
}

import type { FileHandle } from 'node:fs/promises'
import type { Abortable } from '../../ports/index.ts'

export interface BoundedLine {
  /** From 1. */
  readonly number: number
  /** Undefined for a line that is longer than allowed; it is not kept. */
  readonly text: string | undefined
}

/** The lines of a file that holds anything: of no line more than `maxLineBytes` is kept, and no more read than `maxBytes`. */
export async function* boundedLines(
  file: FileHandle,
  {
    maxLineBytes,
    maxBytes,
    signal,
  }: { readonly maxLineBytes: number; readonly maxBytes: number } & Abortable,
): AsyncGenerator<BoundedLine> {
  const chunk = Buffer.alloc(65_536)
  let [number, position, held] = [1, 0, 0]
  let pieces: Buffer[] = []
  let isTooLong = false
  const take = (piece: Buffer): void => {
    held += piece.length
    isTooLong ||= held > maxLineBytes
    if (isTooLong) pieces = []
    else pieces.push(Buffer.from(piece))
  }
  const line = (): BoundedLine => {
    const text = isTooLong ? undefined : Buffer.concat(pieces).toString('utf8')
    held = 0
    pieces = []
    isTooLong = false
    return { number: number++, text }
  }
  while (position < maxBytes) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, maxBytes - position), position)
    if (bytesRead === 0) break
    position += bytesRead
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1 && end < bytesRead; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end))
      from = end + 1
      yield line()
    }
    take(chunk.subarray(from, bytesRead))
  }
  if (held > 0) yield line()
}

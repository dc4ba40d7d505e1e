import type { LogPiece } from './engine-api.ts'

const headerBytes = 8

/**
 * Takes apart the stream in which an engine sends stdout and stderr of a container without a terminal: a header (stream
 * number, three zeros, length as big-endian uint32) before each piece (Engine API, ContainerAttach). Pieces of one stream
 * that come together are given together, for an engine makes one of every line.
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogPiece> {
  let header: Buffer = Buffer.alloc(0)
  let left = 0
  let stream: LogPiece['stream'] = 'stdout'
  for await (const chunk of chunks) {
    let parts: Buffer[] = []
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const bytes = chunk.subarray(at, at + left)
        at += bytes.length
        left -= bytes.length
        parts.push(bytes)
        continue
      }
      const more = chunk.subarray(at, at + headerBytes - header.length)
      at += more.length
      header = header.length === 0 ? more : Buffer.concat([header, more])
      if (header.length < headerBytes) continue
      const next = header[0] === 2 ? 'stderr' : 'stdout'
      left = header.readUInt32BE(4)
      header = Buffer.alloc(0)
      if (next !== stream && parts.length > 0) {
        yield { stream, bytes: Buffer.concat(parts) }
        parts = []
      }
      stream = next
    }
    if (parts.length > 0) yield { stream, bytes: Buffer.concat(parts) }
  }
}

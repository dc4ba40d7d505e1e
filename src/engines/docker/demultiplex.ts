import type { LogPiece } from './engine-api.ts'

const headerBytes = 8

/**
 * Takes apart the stream in which an engine sends stdout and stderr of a container without a terminal: a header (stream
 * number, three zeros, length as big-endian uint32) before each piece (Engine API, ContainerAttach).
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogPiece> {
  let header = Buffer.alloc(0)
  let left = 0
  let stream: LogPiece['stream'] = 'stdout'
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      if (left === 0) {
        const more = chunk.subarray(at, at + headerBytes - header.length)
        header = Buffer.concat([header, more])
        at += more.length
        if (header.length < headerBytes) break
        stream = header[0] === 2 ? 'stderr' : 'stdout'
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
        continue
      }
      const bytes = chunk.subarray(at, at + left)
      at += bytes.length
      left -= bytes.length
      yield { stream, bytes }
    }
  }
}

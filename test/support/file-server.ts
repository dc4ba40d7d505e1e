import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly path: string
  readonly range: string | undefined
  readonly host: string | undefined
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An HTTP server on loopback that serves what it is told to, and remembers who asked for what. */
export class FileServer {
  readonly asked: Asked[] = []
  readonly #answers = new Map<string, Answer>()
  #port = 0

  /** Closed when the test is over. */
  static async start(): Promise<FileServer> {
    const files = new FileServer()
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? ''
      files.asked.push({ path, range: request.headers.range, host: request.headers.host })
      const answer = files.#answers.get(path)
      if (answer === undefined) response.writeHead(404).end('no')
      else answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    files.#port = address.port
    onTestFinished(
      () =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => {
            resolve()
          })
        }),
    )
    return files
  }

  /** What the node’s owner would list to let jobs reach it. */
  get host(): string {
    return `127.0.0.1:${String(this.#port)}`
  }

  url(path: string): string {
    return `http://${this.host}${path}`
  }

  on(path: string, answer: Answer): string {
    this.#answers.set(path, answer)
    return this.url(path)
  }

  /** A whole file with ETag and ranges. The connections of the first `breaks` answers end after so many bytes each. */
  serve(
    path: string,
    content: Uint8Array,
    { breaks = [] as readonly number[], etag = sha256(content) } = {},
  ): string {
    const left = [...breaks]
    return this.on(path, (request, response) => {
      const ifRange = request.headers['if-range']
      const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
      const from = wanted !== undefined && ifRange === `"${etag}"` ? Number(wanted) : 0
      const body = content.subarray(from)
      response.writeHead(from > 0 ? 206 : 200, {
        etag: `"${etag}"`,
        'content-length': body.byteLength,
        ...(from > 0
          ? {
              'content-range': `bytes ${String(from)}-${String(content.byteLength - 1)}/${String(content.byteLength)}`,
            }
          : {}),
      })
      const until = left.shift()
      if (until === undefined) response.end(body)
      else response.write(body.subarray(0, until), () => response.socket?.end())
    })
  }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

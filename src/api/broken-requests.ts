import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { EdgeError } from '../domain/index.ts'
import type { Log } from '../ports/index.ts'
import { errorBody } from './error-replies.ts'

/** Answers, in the one shape, what never became a request: no HTTP, a head that is too large, or one that took too long. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const requestId = randomUUID()
  log.debug({ requestId, code: error.code }, 'a connection sent no readable request')
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const told = isLate
    ? new EdgeError('timed_out', 'the request did not arrive in time', { hint: 'Send it faster.' })
    : new EdgeError('request_invalid', 'what arrived is no HTTP request that this API reads')
  const body = JSON.stringify(errorBody(told, requestId))
  const head = [
    `HTTP/1.1 ${isLate ? '408 Request Timeout' : '400 Bad Request'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EdgeError } from '../domain/index.ts'
import type { ErrorBody } from '../domain/index.ts'
import type { Log } from '../ports/index.ts'
import { httpStatus } from './http-status.ts'

/** Answers every error of this app in the one shape, and unknown routes too. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, log))
  app.setNotFoundHandler((request, reply) => {
    const { pathname } = new URL(request.url.slice(0, 200), 'http://localhost')
    const notFound = new EdgeError('route_not_found', `no route ${request.method} ${pathname}`)
    return sendError(notFound, request, reply, log)
  })
}

/** Sends what was thrown as `{ error, requestId }`; what is a bug is logged whole and told without its words. */
export function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const error = asEdgeError(thrown)
  const status = httpStatus[error.code]
  if (status >= 500) {
    const fields = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      err: thrown,
    }
    log.error(fields, 'a request failed')
  }
  if (error.code === 'unauthorised') reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(errorBody(error, request.id))
}

/** The body of an answer that is an error. A bug’s own message may hold SQL or paths, so it stays in the log. */
export function errorBody(error: EdgeError, requestId: string): ErrorBody {
  if (error.code !== 'internal') return { error: error.toJSON(), requestId }
  const masked = new EdgeError(
    'internal',
    `something went wrong inside; the log has it under request ${requestId}`,
  )
  return { error: masked.toJSON(), requestId }
}

/** Any thrown value as the error that the caller is told, Fastify’s own refusals included. */
export function asEdgeError(thrown: unknown): EdgeError {
  if (thrown instanceof EdgeError) return thrown
  if (!isFastifyError(thrown)) return EdgeError.from(thrown)
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EdgeError('payload_too_large', 'the request body is larger than 1 MiB', { cause: thrown })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new EdgeError('request_invalid', 'the request body is no JSON, or has forbidden keys', {
        cause: thrown,
      })
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new EdgeError('timed_out', 'the request was not answered in time', { cause: thrown })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new EdgeError('route_not_found', 'the path of the request cannot be read', { cause: thrown })
    default: {
      const isTheirs = thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500
      return new EdgeError(isTheirs ? 'request_invalid' : 'internal', thrown.message, { cause: thrown })
    }
  }
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('FST_')
}

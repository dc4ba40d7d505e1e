import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createSerializerCompiler } from 'fastify-type-provider-zod'
import { allowIdle } from './allow-idle.ts'
import { agentRoutes } from './agent-routes.ts'
import { addAnswerHeaders } from './answer-headers.ts'
import type { ApiContext } from './api-context.ts'
import { answerBrokenRequest } from './broken-requests.ts'
import { blockRoutes } from './block-routes.ts'
import { answerErrors, sendError } from './error-replies.ts'
import { jobPartRoutes, jobRoutes, jobViewRoutes } from './job-routes.ts'
import { nodeRoutes, nodeStandingRoutes } from './node-routes.ts'
import { describeRoutes } from './openapi.ts'
import { referenceRoutes } from './reference-routes.ts'
import { requestGuard } from './request-guard.ts'
import type { GuardInit } from './request-guard.ts'
import { eventRoutes, logRoutes } from './stream-routes.ts'
import { validatorCompiler } from './validation.ts'

/** Milliseconds that a request may take: to send its head, to send all, to be answered; and that a socket may idle. */
const limits = { headersMs: 10_000, requestMs: 30_000, handlerMs: 30_000, idleMs: 10_000, keepAliveMs: 5_000 }

const requesterRoutes = [
  jobRoutes,
  jobViewRoutes,
  jobPartRoutes,
  eventRoutes,
  logRoutes,
  nodeRoutes,
  nodeStandingRoutes,
  blockRoutes,
] as const

const prefix = '/api/v1'

/** The Fastify app with all routes, guarded, logged and described; it does not listen yet. */
export function buildApp(context: ApiContext, guard: GuardInit): FastifyInstance {
  const { log, agent } = context
  const app = fastify({
    bodyLimit: 1_048_576,
    connectionTimeout: limits.idleMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: { headersTimeout: limits.headersMs },
    exposeHeadRoutes: false,
    genReqId: requestId,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: (error, socket) => {
      answerBrokenRequest(error, socket, log)
    },
    frameworkErrors: (error, request, reply) => {
      void sendError(error, request, reply, log)
    },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(createSerializerCompiler())
  answerErrors(app, log)
  acceptJsonOnly(app)
  addHooks(app, context, guard)
  addAnswerHeaders(app)
  describeRoutes(app, agent().version)
  app.register(agentRoutes(context), { prefix })
  app.register(referenceRoutes(), { prefix })
  app.register(
    (requesterApp, _options, done) => {
      requesterApp.addHook('onRequest', (_request, _reply, next) => {
        context.orchestrator()
        next()
      })
      for (const routes of requesterRoutes) requesterApp.register(routes(context))
      done()
    },
    { prefix },
  )
  return app
}

function addHooks(app: FastifyInstance, { log }: ApiContext, guard: GuardInit): void {
  const check = requestGuard(guard)
  app.addHook('onRoute', (route) => {
    if (!isStream(route.config)) route.handlerTimeout = limits.handlerMs
  })
  app.addHook('onRequest', (request, reply, next) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    })
    check(request)
    next()
  })
  app.addHook('preHandler', (request, _reply, next) => {
    // The request is here: what takes time now is the answer, which has a limit of its own.
    allowIdle(request, limits.handlerMs + limits.idleMs)
    next()
  })
  app.addHook('onResponse', (request, reply, next) => {
    const fields = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime),
    }
    if (request.method === 'GET') log.debug(fields, 'request answered')
    else log.info(fields, 'request answered')
    next()
  })
}

/** An empty body is no document; `__proto__` and `constructor` keys are refused by the parser. */
function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
}

/** The caller’s x-request-id when it is fit for a log line, else a new one. */
function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}

function isStream(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'isStream' in config && config.isStream === true
}

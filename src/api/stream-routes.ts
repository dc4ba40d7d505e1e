import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { JobEvent, LogRecord } from '../domain/index.ts'
import type { ApiContext } from './api-context.ts'
import { errorResponses, JobParams, LastEventHeader, LogsQuery, NoQuery, streamOf } from './route-schemas.ts'
import { eventStream, logStream, sendStream } from './streams.ts'

const config = { isStream: true }

/** News as it happens, as server-sent events. */
export function eventRoutes(context: ApiContext): FastifyPluginCallbackZod {
  const { orchestrator } = context
  return (app, _options, done) => {
    const events = {
      tags: ['events'],
      headers: LastEventHeader,
      querystring: NoQuery,
      response: {
        200: streamOf(
          'text/event-stream',
          JobEvent,
          'One event each; `id` is the seq of history and resumes as Last-Event-ID; `end` comes last.',
        ),
        ...errorResponses,
      },
    }
    app.get('/jobs/:job/events', {
      config,
      schema: {
        ...events,
        operationId: 'watchJob',
        summary: 'News of a job until it is over',
        params: JobParams,
      },
      handler: async ({ params, headers }, reply) => {
        const { id } = await orchestrator().job(params.job)
        const after = afterSeq(headers['last-event-id'])
        return sendStream(
          reply,
          eventStream,
          (signal) => orchestrator().watch({ job: id, ...after, signal }),
          context,
        )
      },
    })
    app.get('/events', {
      config,
      schema: { ...events, operationId: 'watchAll', summary: 'News of all jobs and nodes' },
      handler: async ({ headers }, reply) => {
        const after = afterSeq(headers['last-event-id'])
        return sendStream(reply, eventStream, (signal) => orchestrator().watch({ ...after, signal }), context)
      },
    })
    done()
  }
}

/** What executions print, as lines of JSON. */
export function logRoutes(context: ApiContext): FastifyPluginCallbackZod {
  const { orchestrator } = context
  return (app, _options, done) => {
    app.get('/jobs/:job/logs', {
      config: { ...config, errors: ['execution_not_found', 'peer_unreachable', 'rpc_timeout'] },
      schema: {
        operationId: 'readLogs',
        summary: 'What the executions of a job printed',
        tags: ['jobs'],
        params: JobParams,
        querystring: LogsQuery,
        response: {
          200: streamOf(
            'application/x-ndjson',
            LogRecord,
            'One document a line; empty lines keep the connection; an error comes last.',
          ),
          ...errorResponses,
        },
      },
      handler: async ({ params, query: { follow, tail, since, execution } }, reply) => {
        const { id } = await orchestrator().job(params.job)
        const query = {
          follow: follow === 'true' || follow === '',
          ...(tail === undefined ? {} : { tail }),
          ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
          ...(execution === undefined ? {} : { execution: await orchestrator().executionId(execution) }),
        }
        return sendStream(
          reply,
          logStream,
          (signal) => orchestrator().logs(id, { ...query, signal }),
          context,
        )
      },
    })
    done()
  }
}

function afterSeq(lastEventId: string | undefined): { afterSeq?: number } {
  return lastEventId === undefined ? {} : { afterSeq: Number(lastEventId) }
}

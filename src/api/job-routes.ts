import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  checkJobSpec,
  ExecutionList,
  HistoryPage,
  JobExplanation,
  JobPage,
  JobSpec,
  JobView,
  ResultList,
  SpecCheck,
} from '../domain/index.ts'
import { foreignProblem } from '../domain/foreign-specs/index.ts'
import type { ApiContext } from './api-context.ts'
import {
  errorResponses,
  HistoryQuery,
  IdempotencyHeader,
  JobParams,
  JobsQuery,
  NoQuery,
} from './route-schemas.ts'

const tags = ['jobs']

/** Jobs that are asked for, checked, and stopped. */
export function jobRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.post('/jobs', {
      schema: {
        operationId: 'submitJob',
        summary: 'Accept a job; with an Idempotency-Key, saying it twice accepts it once',
        tags,
        headers: IdempotencyHeader,
        body: JobSpec,
        response: { 200: JobView, 201: JobView, ...errorResponses },
      },
      handler: async ({ body, headers }, reply) => {
        const idempotencyKey = headers['idempotency-key']
        const { job, created } = await orchestrator().submit(
          body,
          idempotencyKey === undefined ? {} : { idempotencyKey },
        )
        return reply
          .code(created ? 201 : 200)
          .header('location', `/api/v1/jobs/${job.id}`)
          .send(job)
      },
    })
    app.post('/jobs/validate', {
      schema: {
        operationId: 'validateJob',
        summary: 'Every problem of a spec, without accepting it',
        tags,
        body: z.unknown(),
        response: { 200: SpecCheck, ...errorResponses },
      },
      handler: ({ body }) => {
        const foreign = foreignProblem(body)
        if (foreign !== undefined) return { valid: false, problems: [foreign] }
        const checked = checkJobSpec(body)
        if (checked.ok) return { valid: true, problems: [], spec: checked.value }
        return { valid: false, problems: [...checked.problems] }
      },
    })
    app.post('/jobs/:job/stop', {
      schema: {
        operationId: 'stopJob',
        summary: 'Stop a job; its executions are told, and it ends when they have',
        tags,
        params: JobParams,
        body: z.strictObject({}).nullish(),
        response: { 200: JobView, ...errorResponses },
      },
      handler: ({ params }) => orchestrator().stop(params.job),
    })
    done()
  }
}

/** Jobs as they are. */
export function jobViewRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/jobs', {
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs, newest first',
        tags,
        querystring: JobsQuery,
        response: { 200: JobPage, ...errorResponses },
      },
      handler: async ({ query: { state, label, limit, before } }) => {
        const page = await orchestrator().jobs({
          ...(state === undefined ? {} : { states: state }),
          ...(label === undefined ? {} : { labels: label }),
          ...(limit === undefined ? {} : { limit }),
          ...(before === undefined ? {} : { before }),
        })
        return { ...page, jobs: [...page.jobs] }
      },
    })
    app.get('/jobs/:job', {
      schema: {
        tags,
        params: JobParams,
        operationId: 'getJob',
        summary: 'A job with its executions, and the nodes it passed over',
        querystring: NoQuery,
        response: { 200: JobView, ...errorResponses },
      },
      handler: ({ params }) => orchestrator().job(params.job),
    })
    done()
  }
}

/** The parts of a job: executions, history and results. */
export function jobPartRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const ofJob = { params: JobParams, tags }
    app.get('/jobs/:job/executions', {
      schema: {
        ...ofJob,
        operationId: 'listExecutions',
        summary: 'The executions of a job',
        querystring: NoQuery,
        response: { 200: ExecutionList, ...errorResponses },
      },
      handler: async ({ params }) => ({ executions: [...(await orchestrator().executions(params.job))] }),
    })
    app.get('/jobs/:job/history', {
      schema: {
        ...ofJob,
        operationId: 'listHistory',
        summary: 'What happened to a job, oldest first',
        querystring: HistoryQuery,
        response: { 200: HistoryPage, ...errorResponses },
      },
      handler: async ({ params, query: { after, limit } }) => {
        const query = {
          ...(after === undefined ? {} : { afterSeq: after }),
          ...(limit === undefined ? {} : { limit }),
        }
        return { history: [...(await orchestrator().history(params.job, query))] }
      },
    })
    app.get('/jobs/:job/explain', {
      schema: {
        ...ofJob,
        operationId: 'explainJob',
        summary: 'Why each node was chosen for a job, or not',
        querystring: NoQuery,
        response: { 200: JobExplanation, ...errorResponses },
      },
      handler: ({ params }) => orchestrator().explain(params.job),
    })
    app.get('/jobs/:job/results', {
      schema: {
        ...ofJob,
        operationId: 'listResults',
        summary: 'What the executions of a job published',
        querystring: NoQuery,
        response: { 200: ResultList, ...errorResponses },
      },
      handler: async ({ params }) => ({ results: [...(await orchestrator().results(params.job))] }),
    })
    done()
  }
}

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
import type { ExecutionView, ResultView } from '../domain/index.ts'
import type { Orchestrator } from '../ports/index.ts'
import { revisionsOf } from './answer-headers.ts'
import { foreignProblem } from '../domain/foreign-specs/index.ts'
import type { ApiContext } from './api-context.ts'
import { cursorOf, placeOf } from './cursors.ts'
import { orderBy, pageOf, pageSize } from './paging.ts'
import {
  errorResponses,
  HistoryQuery,
  IdempotencyHeader,
  IfMatchHeader,
  JobParams,
  JobsQuery,
  ListQuery,
  NoQuery,
} from './route-schemas.ts'

const tags = ['jobs']

/** Jobs that are asked for, checked, and stopped. */
export function jobRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.post('/jobs', {
      config: { errors: ['spec_invalid', 'idempotency_conflict'] },
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
      config: { errors: ['job_over', 'precondition_failed'] },
      schema: {
        operationId: 'stopJob',
        summary: 'Stop a job; its executions are told, and it ends when they have',
        tags,
        params: JobParams,
        headers: IfMatchHeader,
        body: z.strictObject({}).nullish(),
        response: { 200: JobView, ...errorResponses },
      },
      handler: ({ params, headers }) => {
        const revisions = revisionsOf(headers['if-match'])
        return orchestrator().stop(params.job, revisions === undefined ? {} : { revisions })
      },
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
      handler: async ({ query: { state, label, limit = pageSize, before, cursor } }) => {
        const [last = before] = placeOf('jobs', cursor) ?? []
        const { jobs, next } = await orchestrator().jobs({
          ...(state === undefined ? {} : { states: state }),
          ...(label === undefined ? {} : { labels: label }),
          limit,
          ...(last === undefined ? {} : { before: String(last) }),
        })
        return { jobs: [...jobs], ...(next === undefined ? {} : { next: cursorOf('jobs', [next]) }) }
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
        querystring: ListQuery,
        response: { 200: ExecutionList, ...errorResponses },
      },
      handler: async ({ params, query }) => {
        const all = await orchestrator().executions(params.job)
        const order = orderBy(
          'executions',
          ({ id }: ExecutionView) => id,
          all.map(({ id }) => id),
        )
        const { items: executions, ...next } = pageOf(all, order, query)
        return { executions, ...next }
      },
    })
    app.get('/jobs/:job/history', {
      schema: {
        ...ofJob,
        operationId: 'listHistory',
        summary: 'What happened to a job, oldest first',
        querystring: HistoryQuery,
        response: { 200: HistoryPage, ...errorResponses },
      },
      handler: ({ params, query }) => historyPage(orchestrator(), params.job, query),
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
        querystring: ListQuery,
        response: { 200: ResultList, ...errorResponses },
      },
      handler: ({ params, query }) => resultsPage(orchestrator(), params.job, query),
    })
    done()
  }
}

async function historyPage(
  orchestrator: Orchestrator,
  job: string,
  { after = 0, limit = pageSize, cursor }: z.output<typeof HistoryQuery>,
): Promise<z.output<typeof HistoryPage>> {
  const [place = after] = placeOf('history', cursor) ?? []
  const history = [...(await orchestrator.history(job, { afterSeq: Number(place), limit }))]
  const last = history.at(-1)?.seq
  if (last === undefined || history.length < limit) return { history }
  const rest = await orchestrator.history(job, { afterSeq: last, limit: 1 })
  return rest.length === 0 ? { history } : { history, next: cursorOf('history', [last]) }
}

/** In the order of executions, which stays when a result is replaced by that of a newer attempt. */
async function resultsPage(
  orchestrator: Orchestrator,
  job: string,
  query: z.output<typeof ListQuery>,
): Promise<z.output<typeof ResultList>> {
  const all = await orchestrator.results(job)
  const ids = (await orchestrator.executions(job)).map(({ id }) => id)
  const order = orderBy('results', ({ executionId }: ResultView) => executionId, ids)
  const { items: results, ...next } = pageOf(all, order, query)
  return { results, ...next }
}

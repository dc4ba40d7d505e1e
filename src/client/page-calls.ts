import type { z } from 'zod'
import * as domain from '../domain/index.ts'
import type { CallOptions, EachOptions, EdgeClient, JobsQuery } from './edge-client.ts'
import { part, type Transport } from './transport.ts'

type PageCalls = Pick<
  EdgeClient,
  | 'jobs'
  | 'executions'
  | 'history'
  | 'results'
  | 'nodes'
  | 'eachJob'
  | 'eachExecution'
  | 'eachHistory'
  | 'eachResult'
  | 'eachNode'
>

/** What the API gives page by page: a page, everything one after the other, or everything at once. */
export function pageCalls(transport: Transport): PageCalls {
  const each = eachCalls(transport)
  return {
    ...each,
    async jobs({ cursor, limit, ...query } = {}, options) {
      const wanted = jobsQuery(query)
      if (cursor !== undefined) wanted.set('cursor', cursor)
      if (limit !== undefined) wanted.set('limit', String(limit))
      return (await transport.json(domain.JobPage, { path: '/jobs', query: wanted }, options)).value
    },
    executions: (job, options) => Array.fromAsync(each.eachExecution(job, options)),
    async history(job, { afterSeq, limit = Number.POSITIVE_INFINITY } = {}, options) {
      const entries: domain.HistoryEntry[] = []
      if (limit < 1) return entries
      const query = { ...(afterSeq === undefined ? {} : { afterSeq }) }
      const pageSize = Math.min(limit, largestPage)
      for await (const entry of each.eachHistory(job, query, { ...options, pageSize })) {
        if (entries.push(entry) >= limit) break
      }
      return entries
    },
    results: (job, options) => Array.fromAsync(each.eachResult(job, options)),
    nodes: (options) => Array.fromAsync(each.eachNode(options)),
  }
}

type EachCalls = Pick<EdgeClient, 'eachJob' | 'eachExecution' | 'eachHistory' | 'eachResult' | 'eachNode'>

function eachCalls(transport: Transport): EachCalls {
  const ofJob = (job: string, list: string): string => `/jobs/${part(job)}/${list}`
  return {
    eachJob: (query = {}, options) =>
      items(
        transport,
        domain.JobPage,
        { path: '/jobs', query: jobsQuery(query), options },
        ({ jobs }) => jobs,
      ),
    eachExecution: (job, options) =>
      items(
        transport,
        domain.ExecutionList,
        { path: ofJob(job, 'executions'), options },
        ({ executions }) => executions,
      ),
    eachHistory: (job, { afterSeq } = {}, options) => {
      const query = new URLSearchParams(afterSeq === undefined ? {} : { after: String(afterSeq) })
      const list = { path: ofJob(job, 'history'), query, options }
      return items(transport, domain.HistoryPage, list, ({ history }) => history)
    },
    eachResult: (job, options) =>
      items(transport, domain.ResultList, { path: ofJob(job, 'results'), options }, ({ results }) => results),
    eachNode: (options) =>
      items(transport, domain.NodeList, { path: '/nodes', options }, ({ nodes }) => nodes),
  }
}

/** The API’s largest page, and what is asked for unless told. */
const largestPage = 1000

/** The items of all pages; a page is asked for when the one before is used up. */
async function* items<S extends z.ZodType<{ readonly next?: string | undefined }>, T>(
  transport: Transport,
  schema: S,
  list: {
    readonly path: string
    readonly query?: URLSearchParams
    readonly options?: EachOptions | undefined
  },
  itemsOf: (page: z.output<S>) => readonly T[],
): AsyncGenerator<T> {
  const { pageSize = largestPage, ...options } = list.options ?? {}
  const query = new URLSearchParams(list.query)
  query.set('limit', String(pageSize))
  for (;;) {
    const page = await fetchPage(transport, schema, { path: list.path, query }, options)
    yield* itemsOf(page)
    if (page.next === undefined) return
    query.set('cursor', page.next)
  }
}

async function fetchPage<S extends z.ZodType>(
  transport: Transport,
  schema: S,
  call: { readonly path: string; readonly query: URLSearchParams },
  options: CallOptions,
): Promise<z.output<S>> {
  return (await transport.json(schema, call, options)).value
}

function jobsQuery({
  states = [],
  labels = {},
  before,
}: Omit<JobsQuery, 'cursor' | 'limit'>): URLSearchParams {
  const query = new URLSearchParams()
  if (states.length > 0) query.set('state', states.join(','))
  for (const [key, value] of Object.entries(labels)) query.append('label', `${key}=${value}`)
  if (before !== undefined) query.set('before', before)
  return query
}

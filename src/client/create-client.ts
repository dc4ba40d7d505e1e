import { randomUUID } from 'node:crypto'
import * as domain from '../domain/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { CallOptions, EdgeClient, LogsQuery } from './edge-client.ts'
import { parseJson } from './call-errors.ts'
import { readLines } from './read-lines.ts'
import { Transport, notUnderstood } from './transport.ts'
import type { Backoff } from './watch-events.ts'
import { watchEvents } from './watch-events.ts'

interface ClientOptions {
  readonly token?: string | undefined
  readonly fetch?: typeof globalThis.fetch
  /** For each call; 30 s unless told. */
  readonly timeoutMs?: number
  /** A stream that is silent for so long is taken for dead; 45 s unless told. */
  readonly silenceMs?: number
  /** Between attempts to watch again; up to 10 s unless told. */
  readonly backoff?: Backoff
}

export type ClientInit = ClientOptions &
  ({ readonly baseUrl: string } | { readonly host: string; readonly port: number })

/** A client of the API at an address; connects when it is used. Throws `config_invalid` for what is no address. */
export function createClient(init: ClientInit): EdgeClient {
  const { token, fetch = globalThis.fetch, timeoutMs = 30_000, silenceMs = 45_000 } = init
  const { backoff = { minMs: 200, maxMs: 10_000 } } = init
  const transport = new Transport({ baseUrl: baseUrlOf(init), token, fetch, timeoutMs, silenceMs })
  return {
    url: transport.url,
    ...jobCalls(transport, backoff),
    ...jobPartCalls(transport),
    ...nodeCalls(transport),
  }
}

type JobCalls = Pick<EdgeClient, 'submit' | 'validate' | 'job' | 'jobs' | 'stop' | 'logs' | 'watch'>

function jobCalls(transport: Transport, backoff: Backoff): JobCalls {
  return {
    async submit(spec, { idempotencyKey, signal } = {}) {
      const headers = { 'idempotency-key': idempotencyKey ?? randomUUID() }
      const call = { method: 'POST', path: '/jobs', headers, body: spec, isRepeatable: true } as const
      const { value, status } = await transport.json(domain.JobView, call, { signal })
      // With a key of our own it is new, also when the first answer was lost on the way.
      return { job: value, created: status === 201 || idempotencyKey === undefined }
    },
    async validate(spec, options) {
      const call = { method: 'POST', path: '/jobs/validate', body: spec ?? null, isRepeatable: true } as const
      return (await transport.json(domain.SpecCheck, call, options)).value
    },
    async job(job, options) {
      return (await transport.json(domain.JobView, { path: `/jobs/${part(job)}` }, options)).value
    },
    async jobs({ states = [], labels = {}, before, limit } = {}, options) {
      const query = new URLSearchParams()
      if (states.length > 0) query.set('state', states.join(','))
      for (const [key, value] of Object.entries(labels)) query.append('label', `${key}=${value}`)
      if (before !== undefined) query.set('before', before)
      if (limit !== undefined) query.set('limit', String(limit))
      return (await transport.json(domain.JobPage, { path: '/jobs', query }, options)).value
    },
    async stop(job, options) {
      const call = { method: 'POST', path: `/jobs/${part(job)}/stop` } as const
      return (await transport.json(domain.JobView, call, options)).value
    },
    logs: (job, query = {}) => logLines(transport, job, query),
    watch: (query = {}) => watchEvents(transport, query, backoff),
  }
}

function jobPartCalls(
  transport: Transport,
): Pick<EdgeClient, 'executions' | 'history' | 'explain' | 'results' | 'block'> {
  return {
    async executions(job, options) {
      const call = { path: `/jobs/${part(job)}/executions` }
      return (await transport.json(domain.ExecutionList, call, options)).value.executions
    },
    async history(job, { afterSeq, limit } = {}, options) {
      const query = new URLSearchParams()
      if (afterSeq !== undefined) query.set('after', String(afterSeq))
      if (limit !== undefined) query.set('limit', String(limit))
      const call = { path: `/jobs/${part(job)}/history`, query }
      return (await transport.json(domain.HistoryPage, call, options)).value.history
    },
    async explain(job, options) {
      return (await transport.json(domain.JobExplanation, { path: `/jobs/${part(job)}/explain` }, options))
        .value
    },
    async results(job, options) {
      const call = { path: `/jobs/${part(job)}/results` }
      return (await transport.json(domain.ResultList, call, options)).value.results
    },
    block: (cid, options) => transport.bytes({ path: `/blocks/${part(cid)}` }, options),
  }
}

type NodeCalls = Pick<
  EdgeClient,
  'nodes' | 'node' | 'setApproval' | 'setDuty' | 'setLabels' | 'deleteNode' | 'agent' | 'version' | 'alive'
>

function nodeCalls(transport: Transport): NodeCalls {
  return {
    async nodes(options) {
      return (await transport.json(domain.NodeList, { path: '/nodes' }, options)).value.nodes
    },
    async node(node, options) {
      return (await transport.json(domain.NodeView, { path: `/nodes/${part(node)}` }, options)).value
    },
    async setApproval(node, approval, options) {
      const call = { method: 'PUT', path: `/nodes/${part(node)}/approval`, body: { approval } } as const
      return (await transport.json(domain.NodeView, call, options)).value
    },
    async setDuty(node, request, options) {
      const call = { method: 'PUT', path: `/nodes/${part(node)}/duty`, body: request } as const
      return (await transport.json(domain.NodeView, call, options)).value
    },
    async setLabels(node, labels, options) {
      const call = { method: 'PUT', path: `/nodes/${part(node)}/labels`, body: { labels } } as const
      return (await transport.json(domain.NodeView, call, options)).value
    },
    async deleteNode(node, options) {
      const call = { method: 'DELETE', path: `/nodes/${part(node)}` } as const
      return (await transport.json(domain.DeletedNode, call, options)).value.deleted
    },
    async agent(options) {
      return (await transport.json(domain.AgentView, { path: '/agent/node' }, options)).value
    },
    async version(options) {
      return (await transport.json(domain.VersionView, { path: '/agent/version' }, options)).value
    },
    async alive(options) {
      return (await transport.json(domain.AliveView, { path: '/agent/alive' }, options)).value
    },
  }
}

async function* logLines(
  transport: Transport,
  job: string,
  { execution, follow = false, tail, sinceMs, signal }: LogsQuery,
): AsyncGenerator<domain.JobLogLine> {
  const query = new URLSearchParams({ follow: String(follow) })
  if (execution !== undefined) query.set('execution', execution)
  if (tail !== undefined) query.set('tail', String(tail))
  if (sinceMs !== undefined) query.set('since', new Date(sinceMs).toISOString())
  const options: CallOptions = { signal }
  for await (const line of readLines(transport.stream({ path: `/jobs/${part(job)}/logs`, query }, options))) {
    if (line === '') continue
    const record = domain.LogRecord.safeParse(parseJson(line))
    if (!record.success) throw notUnderstood(transport.url, ['a log line that this version does not know'])
    if ('error' in record.data) {
      const { code, message, hint } = record.data.error
      throw EdgeError.fromData({ code, message, hint })
    }
    yield record.data
  }
}

/** A name as one part of a path. A dot part would be taken for a step and lead elsewhere, so it names nothing. */
function part(name: string): string {
  return name === '' || /^\.+$/.test(name) ? encodeURIComponent(`"${name}"`) : encodeURIComponent(name)
}

function baseUrlOf(init: ClientInit): URL {
  const text = 'baseUrl' in init ? init.baseUrl : `http://${hostOf(init.host)}:${init.port}`
  if (URL.canParse(text)) {
    const url = new URL(text)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  }
  throw new EdgeError('config_invalid', `${JSON.stringify(text)} is no address of an API`, {
    hint: 'Check --api-host (a host name or IP address) and --api-port.',
  })
}

/** As it stands in a URL. Where a server listens everywhere, its client on the same machine goes to loopback. */
function hostOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::' || host === '[::]') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

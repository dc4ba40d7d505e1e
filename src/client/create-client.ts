import { randomUUID } from 'node:crypto'
import * as domain from '../domain/index.ts'
import { EdgeError } from '../domain/index.ts'
import type { CallOptions, EdgeClient, LogsQuery } from './edge-client.ts'
import { parseJson } from '../utils/parse-json.ts'
import { readLines } from './read-lines.ts'
import { pageCalls } from './page-calls.ts'
import { Transport, notUnderstood, part } from './transport.ts'
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
    ...pageCalls(transport),
    ...nodeCalls(transport),
  }
}

type JobCalls = Pick<
  EdgeClient,
  'submit' | 'validate' | 'job' | 'explain' | 'stop' | 'logs' | 'watch' | 'block'
>

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
    async explain(job, options) {
      return (await transport.json(domain.JobExplanation, { path: `/jobs/${part(job)}/explain` }, options))
        .value
    },
    async stop(job, { revision, ...options } = {}) {
      const headers: Record<string, string> = revision === undefined ? {} : { 'if-match': `"${revision}"` }
      const call = { method: 'POST', path: `/jobs/${part(job)}/stop`, headers } as const
      return (await transport.json(domain.JobView, call, options)).value
    },
    block: (cid, options) => transport.bytes({ path: `/blocks/${part(cid)}` }, options),
    logs: (job, query = {}) => logLines(transport, job, query),
    watch: (query = {}) => watchEvents(transport, query, backoff),
  }
}

type NodeCalls = Pick<
  EdgeClient,
  'node' | 'setApproval' | 'setDuty' | 'setLabels' | 'deleteNode' | 'agent' | 'version' | 'alive'
>

function nodeCalls(transport: Transport): NodeCalls {
  return {
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

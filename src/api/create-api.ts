import type { FastifyInstance } from 'fastify'
import { EdgeError } from '../domain/index.ts'
import type { AgentView } from '../domain/index.ts'
import type { Log, Orchestrator, Startable } from '../ports/index.ts'
import type { ApiContext } from './api-context.ts'
import { noRequesterHere } from './api-context.ts'
import { buildApp } from './build-app.ts'
import type { ApiAuth } from './request-guard.ts'

export interface ApiInit {
  /** undefined on a node that only computes: its job and node routes answer `not_supported`. */
  readonly orchestrator: Orchestrator | undefined
  readonly agent: () => AgentView
  readonly log: Log
  readonly host: string
  /** 0 picks a free one; `url` tells which. */
  readonly port: number
  readonly auth: ApiAuth
  /** Host names under which the API may be called, besides localhost and `host`. */
  readonly allowedHosts?: readonly string[]
  /** Defaults: a heartbeat every 15 s, a stalled reader dropped after 30 s. */
  readonly streams?: { readonly heartbeatMs?: number; readonly stallMs?: number }
}

export interface Api extends Startable {
  /** Where a client on this machine reaches the API. Known after start. */
  readonly url: string
  /** The OpenAPI 3.1 document; also before start. */
  openapi(): Promise<object>
  /** Asks without a network, for tests; also before start. */
  readonly inject: FastifyInstance['inject']
}

/** In-flight requests have so long to end when the API stops. */
const graceMs = 3_000

/** The HTTP face of a node. `start` throws `port_in_use` or `config_invalid`; once stopped it stays so. */
export function createApi(init: ApiInit): Api {
  const { orchestrator, agent, log, host, port, auth, allowedHosts = [], streams } = init
  const stopping = new AbortController()
  const context: ApiContext = {
    orchestrator: () => {
      if (orchestrator === undefined) throw noRequesterHere(agent())
      return orchestrator
    },
    agent,
    log,
    streams: { heartbeatMs: 15_000, stallMs: 30_000, ...streams, stopping: stopping.signal },
  }
  const app = buildApp(context, { auth, host, allowedHosts })
  let started: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  return {
    get url() {
      return urlOf(app, host, port)
    },
    inject: app.inject.bind(app),
    openapi: async () => {
      await app.ready()
      return app.swagger()
    },
    start: () => (started ??= listen(app, host, port)),
    stop: () => (stopped ??= close(app, stopping)),
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw listenError(error, host, port)
  }
}

/** Streams end first, then requests have their grace; after it connections are cut. */
async function close(app: FastifyInstance, stopping: AbortController): Promise<void> {
  stopping.abort(new EdgeError('interrupted', 'the API stops'))
  const cut = setTimeout(() => {
    app.server.closeAllConnections()
  }, graceMs)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}

function listenError(thrown: unknown, host: string, port: number): EdgeError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const at = `${host}:${port}`
  switch (code) {
    case 'EADDRINUSE':
      return new EdgeError('port_in_use', `the API cannot listen on ${at}: another program does`, {
        hint: 'Stop it, or choose another port with --port.',
        details: { host, port },
        cause: thrown,
      })
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new EdgeError('config_invalid', `the API cannot listen on ${at}: ${code}`, {
        hint: 'Choose an address of this machine with --host, and a port above 1023 with --port.',
        details: { host, port },
        cause: thrown,
      })
    default:
      return EdgeError.from(thrown)
  }
}

function urlOf(app: FastifyInstance, host: string, configuredPort: number): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : configuredPort
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

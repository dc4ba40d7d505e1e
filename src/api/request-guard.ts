import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { EdgeError } from '../domain/index.ts'

/** Who may ask: everybody who reaches the address, or only who knows the token whose SHA-256 (hex) is given. */
export type ApiAuth = { readonly mode: 'open' } | { readonly mode: 'token'; readonly tokenHash: string }

export interface GuardInit {
  readonly auth: ApiAuth
  /** The address listened on; a wildcard (0.0.0.0, ::) allows every IP address as Host, which no rebinding can forge. */
  readonly host: string
  readonly allowedHosts: readonly string[]
}

/** Open in token mode, too: a health check and the reference page tell nothing of this node. */
export const openPaths: ReadonlySet<string> = new Set(['/api/v1/agent/alive', '/api/v1/docs'])

/**
 * Refuses a request before its body is read: a Host that is not ours (DNS rebinding), another site’s page (CSRF),
 * a write that a form could have sent, a wrong token. Throws `forbidden`, `request_invalid` or `unauthorised`.
 */
export function requestGuard({ auth, host, allowedHosts }: GuardInit): (request: FastifyRequest) => void {
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...[host, ...allowedHosts].map(bracketed)])
  const anyAddress = host === '0.0.0.0' || host === '::'
  return (request) => {
    checkHost(request, hosts, anyAddress)
    checkOrigin(request)
    if (auth.mode === 'token' && !openPaths.has(request.routeOptions.url ?? ''))
      checkToken(request, auth.tokenHash)
    if (request.method !== 'GET' && request.method !== 'HEAD') checkContentType(request)
  }
}

function checkHost({ headers }: FastifyRequest, hosts: ReadonlySet<string>, anyAddress: boolean): void {
  const name = hostName(headers.host)
  if (name !== undefined && hosts.has(name)) return
  if (name !== undefined && anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0) return
  throw new EdgeError(
    'forbidden',
    `the Host header names ${JSON.stringify(headers.host ?? '')}, which is not this API`,
  )
}

function checkOrigin({ headers }: FastifyRequest): void {
  if (headers['sec-fetch-site'] === 'cross-site') throw crossSite('Sec-Fetch-Site is cross-site')
  const { origin } = headers
  if (origin === undefined) return
  const own = `http://${String(headers.host)}`.toLowerCase()
  if (origin.toLowerCase() !== own) throw crossSite(`Origin is ${JSON.stringify(origin.slice(0, 200))}`)
}

function crossSite(found: string): EdgeError {
  return new EdgeError('forbidden', `a page of another site must not call this API: ${found}`)
}

function checkContentType({ headers }: FastifyRequest): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw new EdgeError(
    'request_invalid',
    `a write wants content-type application/json, found ${type ?? 'none'}`,
    {
      hint: 'Send the header content-type: application/json, also with an empty body.',
    },
  )
}

/** Compares digests, which have equal lengths, in a time that does not depend on them. */
function checkToken({ headers }: FastifyRequest, tokenHash: string): void {
  const [, token] = /^bearer +(\S{1,512})$/i.exec(headers.authorization ?? '') ?? []
  if (token === undefined) throw new EdgeError('unauthorised', 'the request has no bearer token')
  const digest = createHash('sha256').update(token).digest()
  const wanted = Buffer.from(tokenHash, 'hex')
  if (digest.length === wanted.length && timingSafeEqual(digest, wanted)) return
  throw new EdgeError('unauthorised', 'the token is not the one of this API')
}

/** `NAME[:PORT]` without the port, in lower case; undefined for everything else. */
function hostName(header: string | undefined): string | undefined {
  const [, name] = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(header ?? '') ?? []
  return name?.toLowerCase()
}

function bracketed(host: string): string {
  return (isIP(host) === 6 ? `[${host}]` : host).toLowerCase()
}

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Headers that follow from what is answered, on every route alike. A list with a `next` gets a Link to the next page. A
 * document that was read gets an ETag: its revision if it has one, and a digest of all of it, so that progress and
 * connectivity count too. Who has it already (If-None-Match) is answered 304 without a body.
 */
export function addAnswerHeaders(app: FastifyInstance): void {
  const revisions = new WeakMap<FastifyReply, number>()
  app.addHook('preSerialization', (request, reply, payload, next) => {
    const { next: cursor, revision } = (payload ?? {}) as {
      readonly next?: unknown
      readonly revision?: unknown
    }
    if (request.method === 'GET' && typeof cursor === 'string')
      reply.header('link', nextLink(request, cursor))
    if (typeof revision === 'number') revisions.set(reply, revision)
    next(null, payload)
  })
  app.addHook('onSend', (request, reply, payload, next) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) {
      next(null, payload)
      return
    }
    if (typeof payload === 'string' && isJson(reply)) {
      reply.header('etag', tagOf(payload, revisions.get(reply)))
      reply.header('cache-control', 'private, no-cache')
    }
    const tag = reply.getHeader('etag')
    const known = request.headers['if-none-match']
    if (typeof tag !== 'string' || known === undefined || !knows(known, tag)) {
      next(null, payload)
      return
    }
    reply.code(304).removeHeader('content-type').removeHeader('content-length')
    next(null, null)
  })
}

/** The revisions that an If-Match names; undefined where it asks for none. Weak tags and other texts name none. */
export function revisionsOf(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  return ifMatch.split(',').flatMap((tag) => {
    const [, revision] = /^"(\d{1,15})(?:-[\w-]*)?"$/.exec(tag.trim()) ?? []
    return revision === undefined ? [] : [Number(revision)]
  })
}

function tagOf(payload: string, revision: number | undefined): string {
  const digest = createHash('sha256').update(payload).digest('base64url').slice(0, 22)
  return revision === undefined ? `"${digest}"` : `"${revision}-${digest}"`
}

/** RFC 9110, section 13.1.2: weak comparison. */
function knows(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((known) => known.trim().replace(/^W\//, '') === tag)
}

function nextLink({ url }: FastifyRequest, cursor: string): string {
  const [path = '', query] = url.split('?', 2)
  const params = new URLSearchParams(query)
  params.set('cursor', cursor)
  return `<${path}?${params.toString()}>; rel="next"`
}

function isJson(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('application/json')
}

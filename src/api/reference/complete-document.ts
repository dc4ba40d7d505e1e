import { STATUS_CODES } from 'node:http'
import { errorTable } from '../../domain/index.ts'
import type { ErrorCode } from '../../domain/index.ts'
import { httpStatus } from '../http-status.ts'
import { openPaths } from '../request-guard.ts'
import type { Components, OpenApiDocument, Operation, Parameter, Reference, Response } from './document.ts'
import { operationsOf, resolved } from './document.ts'
import { examples } from './examples.ts'
import { about, tagTexts } from './texts.ts'

/** Errors that a route names by itself, by operationId. */
export type RouteErrors = ReadonlyMap<string, readonly ErrorCode[]>

const errorContent = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } }

const headers = {
  ETag: {
    description: 'What the document is now; its revision and a dash first, where it has one.',
    schema: { type: 'string' },
  },
  Link: { description: 'The next page, when there is one: `<URL>; rel="next"`.', schema: { type: 'string' } },
  Location: { description: 'Where the new thing is.', schema: { type: 'string' } },
} as const

const ifNoneMatch: Parameter = {
  name: 'if-none-match',
  in: 'header',
  required: false,
  description: 'ETags of what the caller has: 304 without a body when it is the same still',
  schema: { type: 'string' },
}

/**
 * Adds to the routes’ own descriptions what holds for all of them: who may ask, the errors by status, ETags, links and
 * 304, and examples. It follows from the document alone (and from `routeErrors`), so a new route has it, too.
 */
export function completeDocument(document: OpenApiDocument, routeErrors: RouteErrors): OpenApiDocument {
  const responses: Record<string, Response> = {
    ClientError: { description: 'Any other error of the caller.', content: errorContent },
    ServerError: { description: 'Any other error of the node.', content: errorContent },
    NotModified: {
      description: 'It is what the caller has (If-None-Match).',
      headers: { ETag: headerRef('ETag') },
    },
  }
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { method, path, operation } of operationsOf(document)) {
    const own = routeErrors.get(operation.operationId) ?? []
    const byStatus = groupByStatus([...commonErrors(method, path, operation), ...own])
    const errors: Record<string, Reference> = {}
    for (const [status, codes] of byStatus) {
      const name = codes.map(pascal).join('Or')
      responses[name] = { description: codes.map(errorText).join(' '), content: errorContent }
      errors[status] = { $ref: `#/components/responses/${name}` }
    }
    ;(paths[path] ??= {})[method.toLowerCase()] = completed(document, { method, path, operation }, errors)
  }
  const used = new Set(operationsOf({ paths }).flatMap(({ operation }) => operation.tags))
  const components: Components = {
    ...document.components,
    schemas: withExamples(document.components.schemas),
    responses,
    headers,
    parameters: { IfNoneMatch: ifNoneMatch },
  }
  return {
    ...document,
    info: { ...document.info, description: about },
    tags: [...used].map((name) => ({ name, description: tagTexts[name] ?? name })),
    security: [{ token: [] }],
    paths,
    components,
  } as OpenApiDocument
}

function completed(
  document: OpenApiDocument,
  { method, path, operation }: { method: string; path: string; operation: Operation },
  errors: Readonly<Record<string, Reference>>,
): Operation {
  const { '4XX': _client, '5XX': _server, ...answers } = operation.responses
  const isDocument = method === 'GET' && hasJson(resolved(document, answers['200'] ?? {}))
  const told: Record<string, Response | Reference> = {}
  for (const [status, answer] of Object.entries(answers))
    told[status] = withHeaders(document, method, status, resolved(document, answer))
  return {
    ...operation,
    ...(openPaths.has(path) ? { security: [] } : {}),
    ...(isDocument
      ? { parameters: [...(operation.parameters ?? []), { $ref: '#/components/parameters/IfNoneMatch' }] }
      : {}),
    responses: {
      ...told,
      ...(isDocument ? { 304: { $ref: '#/components/responses/NotModified' } } : {}),
      ...errors,
      '4XX': { $ref: '#/components/responses/ClientError' },
      '5XX': { $ref: '#/components/responses/ServerError' },
    },
  }
}

function withHeaders(document: OpenApiDocument, method: string, status: string, answer: Response): Response {
  const schema = answer.content?.['application/json']?.schema
  const isPage = schema !== undefined && 'next' in (resolved(document, schema).properties ?? {})
  const names = [
    ...(method === 'GET' && schema !== undefined ? ['ETag'] : []),
    ...(isPage ? ['Link'] : []),
    ...(status === '201' ? ['Location'] : []),
  ]
  const isUntold = answer.description === undefined || answer.description === 'Default Response'
  return {
    ...answer,
    description: isUntold ? (STATUS_CODES[status] ?? status) : (answer.description ?? ''),
    ...(names.length === 0
      ? {}
      : { headers: Object.fromEntries(names.map((name) => [name, headerRef(name)])) }),
  }
}

/** What follows from where a route is and what it takes. */
function commonErrors(method: string, path: string, { tags, requestBody }: Operation): readonly ErrorCode[] {
  return [
    'request_invalid',
    ...(openPaths.has(path) ? [] : (['unauthorised'] as const)),
    'forbidden',
    ...(path.includes('{job}') ? (['job_not_found', 'id_ambiguous'] as const) : []),
    ...(path.includes('{node}') ? (['node_not_found', 'id_ambiguous'] as const) : []),
    ...(method !== 'GET' && requestBody !== undefined ? (['payload_too_large'] as const) : []),
    ...(tags.includes('agent') ? [] : (['not_supported'] as const)),
    'internal',
    'timed_out',
  ]
}

function groupByStatus(codes: readonly ErrorCode[]): readonly (readonly [string, readonly ErrorCode[]])[] {
  const groups = new Map<string, ErrorCode[]>()
  for (const code of new Set(codes)) {
    const status = String(httpStatus[code])
    groups.set(status, [...(groups.get(status) ?? []), code])
  }
  return [...groups].sort(([a], [b]) => Number(a) - Number(b))
}

function withExamples(schemas: Components['schemas']): Components['schemas'] {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const example = examples[name]
      return [name, example === undefined ? schema : { ...schema, examples: [example] }]
    }),
  )
}

function hasJson({ content }: Response): boolean {
  return content?.['application/json'] !== undefined
}

function headerRef(name: string): Reference {
  return { $ref: `#/components/headers/${name}` }
}

function errorText(code: ErrorCode): string {
  return `\`${code}\`: ${errorTable[code].what}`
}

function pascal(code: string): string {
  return code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

import type { OpenApiDocument, Reference, Response } from './document.ts'
import { operationsOf, resolved } from './document.ts'

/** Components that nearly every route refers to; the pages tell them once. */
const commonNames: ReadonlySet<string> = new Set([
  ...['IfNoneMatch', 'NotModified', 'ClientError', 'ServerError'],
  ...[
    'RequestInvalid',
    'Unauthorised',
    'Forbidden',
    'PayloadTooLarge',
    'Internal',
    'NotSupported',
    'TimedOut',
  ],
])

/** Whether a page leaves it out where it is referred to. */
export function isCommon(value: object): value is Reference {
  return '$ref' in value && typeof value.$ref === 'string' && commonNames.has(nameOf(value.$ref))
}

/** The answers that are common, by status: `[status, description]`, each once. */
export function commonAnswers(document: OpenApiDocument): readonly (readonly [string, string])[] {
  const told = new Map<string, string>()
  for (const { operation } of operationsOf(document))
    for (const [status, response] of Object.entries(operation.responses))
      if (isCommon(response)) told.set(status, resolved<Response>(document, response).description ?? '')
  return [...told].sort(([a], [b]) => (a < b ? -1 : 1))
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

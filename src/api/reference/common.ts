import type { Body, OpenApiDocument, Operation, Parameter, Reference, Response } from './document.ts'
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
function isCommon(value: object): value is Reference {
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

interface OwnAnswer {
  readonly status: string
  readonly description: string
  readonly body: Body
}

/** What a page tells of an operation beside its words: parameters and answers that are not common. */
export function ownParts(
  document: OpenApiDocument,
  { parameters = [], responses }: Operation,
): { readonly parameters: readonly Parameter[]; readonly answers: readonly OwnAnswer[] } {
  return {
    parameters: parameters
      .filter((parameter) => !isCommon(parameter))
      .map((parameter) => resolved<Parameter>(document, parameter)),
    answers: Object.entries(responses)
      .filter(([, response]) => !isCommon(response))
      .map(([status, response]) => {
        const { description = '', ...body } = resolved<Response>(document, response)
        return { status, description, body }
      }),
  }
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

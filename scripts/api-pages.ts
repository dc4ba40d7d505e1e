/** Makes docs/openapi.json and docs/api.md from the routes: `node scripts/api-pages.ts` writes them, a test compares. */
import { readFile, writeFile } from 'node:fs/promises'
import { createApi } from '../src/api/index.ts'
import { commonAnswers, ownParts } from '../src/api/reference/common.ts'
import { operationsOf } from '../src/api/reference/document.ts'
import type { Body, OpenApiDocument, PlacedOperation, Schema } from '../src/api/reference/document.ts'
import { fieldsOf, remarkOf, typeOf } from '../src/api/reference/fields.ts'
import { NodeId } from '../src/domain/index.ts'
import type { Log } from '../src/ports/index.ts'

/** The pages by their names under docs/. */
export async function apiPages(): Promise<Readonly<Record<'openapi.json' | 'api.md', string>>> {
  const document = await documentOfCode()
  return { 'openapi.json': `${JSON.stringify(document, undefined, 1)}\n`, 'api.md': apiPage(document) }
}

/** The document of an API that nobody starts. */
async function documentOfCode(): Promise<OpenApiDocument> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  const nothing = (): void => undefined
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
  const api = createApi({
    orchestrator: undefined,
    agent: () => ({
      id: NodeId.parse('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'),
      name: 'docs',
      version,
      types: [],
      multiaddrs: [],
      startedAtMs: 0,
    }),
    log,
    host: '127.0.0.1',
    port: 0,
    auth: { mode: 'open' },
  })
  return (await api.openapi()) as OpenApiDocument
}

function apiPage(document: OpenApiDocument): string {
  const operations = operationsOf(document)
  const sections = (document.tags ?? []).flatMap(({ name, description }) => [
    `## ${name}`,
    '',
    description,
    '',
    ...operations
      .filter(({ operation }) => operation.tags[0] === name)
      .flatMap((placed) => operationLines(document, placed)),
  ])
  const schemas = Object.entries(document.components.schemas)
  return [
    '# HTTP API',
    '',
    'Made from the routes by `scripts/api-pages.ts`; the same as [openapi.json](openapi.json) (OpenAPI 3.1) for programs. A node',
    'serves both itself: `GET /api/v1/docs` is a page, `GET /api/v1/openapi.json` the document. For TypeScript: [client.md](client.md).',
    '',
    document.info.description,
    '',
    '```sh',
    'curl -s http://127.0.0.1:1234/api/v1/jobs?limit=2',
    'curl -s http://127.0.0.1:1234/api/v1/jobs -H content-type:application/json -d @job.json',
    'curl -sN http://127.0.0.1:1234/api/v1/events -H last-event-id:42',
    '```',
    '',
    '## Everywhere',
    '',
    'Besides what is listed with each route, these can be answered:',
    '',
    ...table(
      ['status', ''],
      commonAnswers(document).map(([status, description]) => [status, description]),
    ),
    ...sections,
    '## Schemas',
    '',
    ...schemas.flatMap(([name, schema]) => schemaLines(name, schema)),
  ].join('\n')
}

function operationLines(document: OpenApiDocument, { method, path, operation }: PlacedOperation): string[] {
  const { operationId, summary, requestBody, security } = operation
  const { parameters, answers: own } = ownParts(document, operation)
  const answers = own.map(({ status, body, description }) => [status, bodyText(body), description])
  return [
    `### ${method} ${path}`,
    '',
    `\`${operationId}\`: ${summary}.${security === undefined ? '' : ' Open without a token.'}`,
    '',
    ...(parameters.length === 0
      ? []
      : table(
          ['parameter', 'in', 'type', ''],
          parameters.map(({ name, in: where, schema, description = '' }) => [
            `\`${name}\``,
            where,
            typeText(schema),
            description,
          ]),
        )),
    ...(requestBody === undefined ? [] : [`Body: ${bodyText(requestBody)}`, '']),
    ...table(['status', 'body', ''], answers),
  ]
}

function schemaLines(name: string, schema: Schema): string[] {
  const fields = fieldsOf(schema)
  const rows = fields.map((field) => [
    `\`${field.name}\`${field.isRequired ? '' : ' ?'}`,
    typeText(field.schema),
    remarkOf(field.schema),
  ])
  const example = schema.examples?.[0]
  return [
    `### ${name}`,
    '',
    ...(rows.length === 0 ? [typeText(schema), ''] : table(['field', 'type', ''], rows)),
    ...(example === undefined ? [] : ['```json', JSON.stringify(example, undefined, 2), '```', '']),
  ]
}

function bodyText({ content = {} }: Body): string {
  return Object.entries(content)
    .map(([mediaType, { schema }]) =>
      mediaType === 'application/json' ? typeText(schema) : `\`${mediaType}\` of ${typeText(schema)}`,
    )
    .join(', ')
}

function typeText(schema: Schema): string {
  return typeOf(schema, { name: (name) => `[${name}](#${name.toLowerCase()})`, text: (text) => text })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), '']
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await apiPages()))
    await writeFile(new URL(`../docs/${name}`, import.meta.url), text)
}

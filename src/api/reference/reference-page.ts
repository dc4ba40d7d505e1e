import { createHash } from 'node:crypto'
import { commonAnswers, ownParts } from './common.ts'
import type { Body, OpenApiDocument, PlacedOperation, Schema } from './document.ts'
import { operationsOf } from './document.ts'
import { fieldsOf, remarkOf, typeOf } from './fields.ts'

const style = `
:root{color-scheme:light dark;--line:#8884;--quiet:#8881}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:2rem 0 .3rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--quiet);padding:.6rem;overflow-x:auto;border-radius:4px}
table{border-collapse:collapse;margin:.4rem 0}th,td{text-align:left;vertical-align:top;padding:.2rem 1.2rem .2rem 0;border-bottom:1px solid var(--line)}
td:first-child{white-space:nowrap}nav ul{columns:2;list-style:none;padding:0}b.method{display:inline-block;min-width:3.5rem}
details>summary{cursor:pointer}
`

/** The policy under which the page is what it is: its own style and nothing else. */
export const referencePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** The document as one HTML page that loads nothing and runs nothing. It tells no version: it is open to everybody. */
export function referencePage(document: OpenApiDocument): string {
  const operations = operationsOf(document)
  const tags = document.tags ?? []
  const ofTag = (name: string): readonly PlacedOperation[] =>
    operations.filter(({ operation }) => operation.tags[0] === name)
  const contents = tags.map(({ name }) => `<li><b>${name}</b></li>${ofTag(name).map(contentsLine).join('')}`)
  const sections = tags.map(
    ({ name, description }) =>
      `<h2 id="tag-${name}">${name}</h2><p>${inline(description)}</p>${ofTag(name)
        .map((placed) => operationSection(document, placed))
        .join('')}`,
  )
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    schemaSection(name, schema),
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>edge: HTTP API</title><style>${style}</style></head><body>
<h1>edge: HTTP API</h1>
${document.info.description
  .split('\n\n')
  .map((text) => `<p>${inline(text)}</p>`)
  .join('\n')}
<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI ${escaped(document.openapi)}).</p>
<nav><ul>${contents.join('')}</ul></nav>
<h2 id="everywhere">everywhere</h2><p>Besides what is listed with each route, these can be answered:</p>
${table(
  ['status', ''],
  commonAnswers(document).map(([status, description]) => [`<code>${status}</code>`, inline(description)]),
)}
${sections.join('\n')}
<h2 id="schemas">schemas</h2>
${schemas.join('\n')}
</body></html>
`
}

function contentsLine({ method, path, operation }: PlacedOperation): string {
  return `<li><a href="#${operation.operationId}"><code>${method} ${escaped(path)}</code></a></li>`
}

function operationSection(document: OpenApiDocument, { method, path, operation }: PlacedOperation): string {
  const { operationId, summary, requestBody, security } = operation
  const { parameters, answers: own } = ownParts(document, operation)
  const answers = own.map(({ status, body, description }) => [
    `<code>${status}</code>`,
    bodyText(body),
    inline(description),
  ])
  return `<section><h3 id="${operationId}"><b class="method">${method}</b> <code>${escaped(path)}</code></h3>
<p>${inline(summary)}.${security === undefined ? '' : ' Open without a token.'}</p>
${table(
  ['parameter', 'in', 'type', ''],
  parameters.map(({ name, in: where, schema, description = '' }) => [
    `<code>${escaped(name)}</code>`,
    where,
    typeText(schema),
    inline(description),
  ]),
)}
${requestBody === undefined ? '' : `<p>Body: ${bodyText(requestBody)}</p>`}
${table(['status', 'body', ''], answers)}</section>`
}

function schemaSection(name: string, schema: Schema): string {
  const fields = fieldsOf(schema).map((field) => [
    `<code>${escaped(field.name)}</code>${field.isRequired ? '' : ' ?'}`,
    typeText(field.schema),
    inline(remarkOf(field.schema)),
  ])
  const example = schema.examples?.[0]
  return `<section><h3 id="schema-${name}"><code>${name}</code></h3>
${fields.length === 0 ? `<p>${typeText(schema)}</p>` : table(['field', 'type', ''], fields)}
${example === undefined ? '' : `<details><summary>example</summary><pre>${escaped(JSON.stringify(example, undefined, 2))}</pre></details>`}</section>`
}

function bodyText({ content = {} }: Body): string {
  return Object.entries(content)
    .map(([mediaType, { schema }]) =>
      mediaType === 'application/json'
        ? typeText(schema)
        : `<code>${escaped(mediaType)}</code> of ${typeText(schema)}`,
    )
    .join('<br>')
}

function typeText(schema: Schema): string {
  return typeOf(schema, { name: (name) => `<a href="#schema-${name}">${name}</a>`, text: escaped })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`
}

/** Bold and code of Markdown; the rest is text. */
function inline(text: string): string {
  return escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

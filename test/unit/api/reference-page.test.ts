import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { operationsOf } from '../../../src/api/reference/document.ts'
import type { OpenApiDocument } from '../../../src/api/reference/document.ts'
import { referencePage } from '../../../src/api/reference/reference-page.ts'
import { testApi } from '../../support/test-api.ts'

describe('the reference page', () => {
  it('is one HTML page that its own policy lets be: no script, nothing loaded, only its style', async () => {
    const { api } = testApi()
    const answer = await api.inject('/api/v1/docs')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(answer.headers['content-security-policy'])
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(answer.body) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`style-src 'sha256-${hash}'`)
    expect(answer.body).not.toMatch(
      /<script|<link|<img|<iframe| on\w+=| style=|javascript:|(src|href)="(?!#|openapi\.json")/,
    )
  })

  it('tells every operation and every schema, and leads to each', async () => {
    const { api } = testApi()
    const document = (await api.openapi()) as OpenApiDocument
    const { body } = await api.inject('/api/v1/docs')
    const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operationsOf(document)) {
      expect(ids).toContain(operation.operationId)
      expect(body).toContain(path)
    }
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`)
    const links = [...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!)
    expect(links.filter((id) => !ids.includes(id))).toEqual([])
    expect(body.match(/<(table|tr|td|section|p|pre|details)\b/g)?.length).toBe(
      body.match(/<\/(table|tr|td|section|p|pre|details)>/g)?.length,
    )
  })

  it('tells nothing of this node, not its version either', async () => {
    const { api } = testApi()
    const { body } = await api.inject('/api/v1/docs')
    const document = (await api.openapi()) as OpenApiDocument
    expect(body).toBe(referencePage({ ...document, info: { ...document.info, version: 'another' } }))
  })

  it('shows what looks like markup as text', () => {
    const schemas = { 'A<b>': { type: 'string', description: '<script>alert(1)</script>' } }
    const page = referencePage({
      openapi: '3.1.0',
      info: { title: 'x', version: '1', description: '<script>' },
      tags: [{ name: 'jobs', description: '"<img>"' }],
      paths: {},
      components: { schemas: { Thing: { type: 'object', properties: schemas } } },
    })
    expect(page).not.toMatch(/<script|<img/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })
})

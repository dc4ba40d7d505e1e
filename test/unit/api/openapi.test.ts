import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { buildApp } from '../../../src/api/build-app.ts'
import { noRequesterHere } from '../../../src/api/api-context.ts'
import { operationsOf, resolved } from '../../../src/api/reference/document.ts'
import type { OpenApiDocument, Parameter } from '../../../src/api/reference/document.ts'
import * as domain from '../../../src/domain/index.ts'
import { QuietLog } from '../../support/quiet-log.ts'
import { testAgent, testApi } from '../../support/test-api.ts'

/** An API that nobody starts. */
function appOf(): ReturnType<typeof buildApp> {
  const context = {
    orchestrator: () => {
      throw noRequesterHere(testAgent)
    },
    agent: () => testAgent,
    log: new QuietLog(),
    streams: { heartbeatMs: 1000, stallMs: 1000, stopping: new AbortController().signal },
  }
  return buildApp(context, { auth: { mode: 'open' }, host: '127.0.0.1', allowedHosts: [] })
}

const described = appOf()
await described.ready()
const document = described.swagger() as unknown as OpenApiDocument
const operations = operationsOf(document)

/** Every object in a document. */
function* objectsIn(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const child of Object.values(value)) yield* objectsIn(child)
}

describe('the OpenAPI document', () => {
  it('has every route that is there, and no other', async () => {
    const app = appOf()
    const routes: string[] = []
    app.addHook('onRoute', ({ method, url }) => {
      const path = url.replace(/:(\w+)/g, '{$1}')
      for (const one of [method].flat()) routes.push(`${one} ${path}`)
    })
    await app.ready()
    await app.close()
    expect(routes.length).toBeGreaterThan(15)
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort())
  })

  it('is of OpenAPI 3.1 in its fields', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({
      title: 'edge',
      version: '0.1.0',
      description: expect.any(String) as string,
    })
    expect(Object.keys(document).sort()).toEqual([
      'components',
      'info',
      'openapi',
      'paths',
      'security',
      'tags',
    ])
    expect(document).toMatchObject({
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    })
    const allowed = ['operationId', 'summary', 'tags', 'security', 'parameters', 'requestBody', 'responses']
    for (const { path, operation } of operations) {
      expect(path).toMatch(/^(\/([\w.-]+|\{\w+\}))+$/)
      expect(Object.keys(operation).filter((key) => !allowed.includes(key))).toEqual([])
    }
  })

  it('gives every operation an id of its own, a summary and a tag that is explained', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(operations.length)
    const tags = new Map((document.tags ?? []).map(({ name, description }) => [name, description]))
    for (const { path, operation } of operations)
      expect([
        path,
        operation.operationId,
        operation.summary,
        operation.tags.map((tag) => tags.get(tag)),
      ]).toEqual([
        path,
        expect.stringMatching(/^[a-z][A-Za-z]+$/),
        expect.stringMatching(/^.{5,}[^.]$/),
        [expect.stringMatching(/ .+\.$/)],
      ])
    expect([...tags.keys()].sort()).toEqual(
      [...new Set(operations.flatMap(({ operation }) => operation.tags))].sort(),
    )
  })

  it('declares every parameter of a path, and each parameter once', () => {
    for (const { path, operation } of operations) {
      const all = (operation.parameters ?? []).map((parameter) => resolved<Parameter>(document, parameter))
      const inPath = all.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every(({ required }) => required === true)).toBe(true)
      const keys = all.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(keys).size).toBe(keys.length)
      expect(all.every((parameter) => typeof parameter.schema === 'object')).toBe(true)
    }
  })

  it('tells for every operation what succeeds and what can fail', () => {
    for (const { method, path, operation } of operations) {
      const statuses = Object.keys(operation.responses)
      expect([path, statuses]).toEqual([
        path,
        expect.arrayContaining(['200', '400', '403', '500', '4XX', '5XX']),
      ])
      expect(statuses.every((status) => /^([1-5]\d\d|[45]XX)$/.test(status))).toBe(true)
      expect([path, statuses.includes('404') || !path.includes('{')]).toEqual([path, true])
      for (const [status, response] of Object.entries(operation.responses)) {
        const { description = '', content } = resolved(document, response)
        expect([path, status, description]).toEqual([path, status, expect.stringMatching(/^(?!Default).+/)])
        expect([path, status, content !== undefined]).toEqual([path, status, status !== '304'])
        if (Number(status) >= 400)
          expect(content).toEqual({
            'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } },
          })
      }
      const isOpen = operation.security?.length === 0
      expect([path, statuses.includes('401')]).toEqual([path, !isOpen])
      expect([path, statuses.includes('413')]).toEqual([path, operation.requestBody !== undefined])
      expect(['GET', 'DELETE'].includes(method) || operation.requestBody !== undefined).toBe(true)
    }
    expect(document.paths['/api/v1/jobs/{job}/stop']?.['post']?.responses).toHaveProperty('412')
    expect(document.paths['/api/v1/jobs']?.['post']?.responses).toHaveProperty('422')
  })

  it('leads somewhere with every reference, and names nothing that is not referred to', () => {
    const referred = new Set<string>()
    for (const { $ref } of objectsIn(document)) {
      if (typeof $ref !== 'string') continue
      expect(() => resolved(document, { $ref })).not.toThrow()
      referred.add($ref)
    }
    const named = Object.entries(document.components)
      .filter(([kind]) => kind !== 'securitySchemes')
      .flatMap(([kind, all]) => Object.keys(all as object).map((name) => `#/components/${kind}/${name}`))
    expect(named.filter((name) => !referred.has(name))).toEqual([])
    expect(named.every((name) => /^#\/components\/\w+\/[A-Za-z0-9._-]+$/.test(name))).toBe(true)
  })

  it('keeps the descriptions and limits of the domain', () => {
    expect(document.components.schemas['JobSpecInput']).toMatchObject({
      required: ['apiVersion', 'engine'],
      additionalProperties: false,
      properties: {
        count: { minimum: 1, maximum: 10_000, default: 1, description: 'batch: on how many nodes' },
      },
    })
  })

  it('has examples that are what they are examples of', () => {
    const schemas = Object.entries(document.components.schemas)
    const withExample = schemas.filter(([, { examples }]) => examples !== undefined)
    expect(withExample.length).toBeGreaterThan(10)
    for (const [name, { examples }] of withExample) {
      const schema = (domain as unknown as Record<string, z.ZodType>)[name.replace(/Input$/, '')]
      const [example] = examples ?? []
      expect([name, schema?.safeParse(example).error]).toEqual([name, undefined])
    }
  })

  it('is what GET /openapi.json answers', async () => {
    const { api } = testApi()
    const answer = await api.inject('/api/v1/openapi.json')
    expect(answer.json()).toEqual(document)
    expect(await api.openapi()).toEqual(document)
  })
})

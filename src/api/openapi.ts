import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import * as domain from '../domain/index.ts'

/** The schemas that get a name in the document; everything else is written out where it is used. */
const named = {
  AgentView: domain.AgentView,
  AliveView: domain.AliveView,
  ApprovalRequest: domain.ApprovalRequest,
  ErrorBody: domain.ErrorBody,
  ExecutionView: domain.ExecutionView,
  HistoryEntry: domain.HistoryEntry,
  JobEvent: domain.JobEvent,
  JobPage: domain.JobPage,
  JobSpec: domain.JobSpec,
  JobSummary: domain.JobSummary,
  JobView: domain.JobView,
  LogRecord: domain.LogRecord,
  NodeView: domain.NodeView,
  NoopEngineSpec: domain.NoopEngineSpec,
  OnnxEngineSpec: domain.OnnxEngineSpec,
  Progress: domain.Progress,
  Reason: domain.Reason,
  ResultSummary: domain.ResultSummary,
  ResultView: domain.ResultView,
  SignificancePolicy: domain.SignificancePolicy,
  SpecCheck: domain.SpecCheck,
  VersionView: domain.VersionView,
} as const satisfies Record<string, z.ZodType>

/** Writes the OpenAPI 3.1 document from the routes’ zod schemas; to be registered before the routes. */
export function describeRoutes(app: FastifyInstance, version: string): void {
  const schemaRegistry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) schemaRegistry.add(schema, { id })
  const init = { schemaRegistry, zodToJsonConfig: { override: keepDescription } }
  const withComponents = createJsonSchemaTransformObject(init)
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'edge',
        version,
        description: 'Jobs over video where it lies, and the clips that matter.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: createJsonSchemaTransform(init),
    transformObject: (document) => withoutUnused(withComponents(document)),
  })
}

/** Descriptions stand beside the schemas (`meta`), in zod’s global registry. */
function keepDescription({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType
  jsonSchema: object
}): void {
  const description = z.globalRegistry.get(zodSchema)?.description
  if (description !== undefined) Object.assign(jsonSchema, { description })
}

/** Every schema is generated as it is read and as it is written; what no route refers to is left out. */
function withoutUnused<D extends object>(document: D): D {
  const { paths, components } = document as {
    paths: unknown
    components: { schemas: Record<string, unknown> }
  }
  const used = new Set<string>()
  const pending: unknown[] = [paths]
  while (pending.length > 0) {
    for (const [, name = ''] of JSON.stringify(pending.pop()).matchAll(
      /"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (used.has(name)) continue
      used.add(name)
      pending.push(components.schemas[name])
    }
  }
  const schemas = Object.fromEntries(Object.entries(components.schemas).filter(([name]) => used.has(name)))
  return { ...document, components: { ...components, schemas } }
}

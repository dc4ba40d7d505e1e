import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import * as domain from '../domain/index.ts'
import { completeDocument } from './reference/complete-document.ts'
import type { OpenApiDocument } from './reference/document.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Errors that this route names, besides those that follow from its path and body. */
    errors?: readonly domain.ErrorCode[]
  }
}

/** The schemas that get a name in the document; everything else is written out where it is used. */
const named = {
  AgentView: domain.AgentView,
  AliveView: domain.AliveView,
  ApprovalRequest: domain.ApprovalRequest,
  DeletedNode: domain.DeletedNode,
  DockerEngineSpec: domain.DockerEngineSpec,
  DutyRequest: domain.DutyRequest,
  ErrorBody: domain.ErrorBody,
  ExecutionView: domain.ExecutionView,
  ExecutionList: domain.ExecutionList,
  HistoryEntry: domain.HistoryEntry,
  HistoryPage: domain.HistoryPage,
  InputSpec: domain.InputSpec,
  JobEvent: domain.JobEvent,
  JobExplanation: domain.JobExplanation,
  JobPage: domain.JobPage,
  JobSpec: domain.JobSpec,
  JobSummary: domain.JobSummary,
  JobView: domain.JobView,
  LabelsRequest: domain.LabelsRequest,
  LogRecord: domain.LogRecord,
  NodeList: domain.NodeList,
  NodeView: domain.NodeView,
  NoopEngineSpec: domain.NoopEngineSpec,
  OnnxEngineSpec: domain.OnnxEngineSpec,
  Progress: domain.Progress,
  Reason: domain.Reason,
  ResultList: domain.ResultList,
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
  const transform = createJsonSchemaTransform(init)
  const withComponents = createJsonSchemaTransformObject(init)
  const routeErrors = new Map<string, readonly domain.ErrorCode[]>()
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'edge',
        version,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: (route) => {
      const {
        schema,
        route: { config },
      } = route
      if (schema.operationId !== undefined && config?.errors !== undefined)
        routeErrors.set(schema.operationId, config.errors)
      return transform(route)
    },
    transformObject: (document) => {
      const whole = withoutUnused(withComponents(document)) as unknown as OpenApiDocument
      return completeDocument(whole, routeErrors) as unknown as ReturnType<typeof withComponents>
    },
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

import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { OpenApiDocument } from './reference/document.ts'
import { referencePage, referencePolicy } from './reference/reference-page.ts'
import { errorResponses, NoQuery, streamOf } from './route-schemas.ts'

/** This API described: for programs, and for people. Also on nodes that only compute. */
export function referenceRoutes(): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const tags = ['agent']
    app.get('/openapi.json', {
      schema: {
        operationId: 'getOpenApi',
        summary: 'This API as an OpenAPI 3.1 document',
        tags,
        querystring: NoQuery,
        response: { 200: z.record(z.string(), z.unknown()), ...errorResponses },
      },
      handler: () => app.swagger() as unknown as Record<string, unknown>,
    })
    let page: string | undefined
    app.get('/docs', {
      schema: {
        operationId: 'getReference',
        summary: 'This API as a page for people',
        tags,
        querystring: NoQuery,
        response: { 200: streamOf('text/html', z.string(), 'The page'), ...errorResponses },
      },
      handler: (_request, reply) => {
        reply.type('text/html; charset=utf-8').header('content-security-policy', referencePolicy)
        return (page ??= referencePage(app.swagger() as unknown as OpenApiDocument))
      },
    })
    done()
  }
}

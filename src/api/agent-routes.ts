import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { AgentView, AliveView, VersionView } from '../domain/index.ts'
import type { ApiContext } from './api-context.ts'
import { errorResponses, NoQuery } from './route-schemas.ts'

/** Who answers here: health, version, and the node itself. Also on nodes that only compute. */
export function agentRoutes({ agent }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const tags = ['agent']
    app.get('/agent/alive', {
      schema: {
        operationId: 'getAlive',
        summary: 'Whether the node is up',
        tags,
        response: { 200: AliveView, ...errorResponses },
      },
      handler: () => ({ status: 'OK' as const }),
    })
    app.get('/agent/version', {
      schema: {
        operationId: 'getVersion',
        summary: 'What runs here',
        tags,
        querystring: NoQuery,
        response: { 200: VersionView, ...errorResponses },
      },
      handler: () => ({
        version: agent().version,
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
      }),
    })
    app.get('/agent/node', {
      schema: {
        operationId: 'getAgent',
        summary: 'The node that answers: id, name, part and addresses',
        tags,
        querystring: NoQuery,
        response: { 200: AgentView, ...errorResponses },
      },
      handler: () => agent(),
    })
    done()
  }
}

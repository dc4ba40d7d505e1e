import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { ApprovalRequest, NodeList, NodeView } from '../domain/index.ts'
import type { ApiContext } from './api-context.ts'
import { errorResponses, NodeParams, NoQuery } from './route-schemas.ts'

/** The nodes that the requester knows, and whether they may work. */
export function nodeRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const tags = ['nodes']
    app.get('/nodes', {
      schema: {
        operationId: 'listNodes',
        summary: 'All nodes that ever joined',
        tags,
        querystring: NoQuery,
        response: { 200: NodeList, ...errorResponses },
      },
      handler: async () => ({ nodes: [...(await orchestrator().nodes())] }),
    })
    app.get('/nodes/:node', {
      schema: {
        operationId: 'getNode',
        summary: 'One node',
        tags,
        params: NodeParams,
        querystring: NoQuery,
        response: { 200: NodeView, ...errorResponses },
      },
      handler: ({ params }) => orchestrator().node(params.node),
    })
    app.put('/nodes/:node/approval', {
      schema: {
        operationId: 'setApproval',
        summary: 'Approve a node, or reject it',
        tags,
        params: NodeParams,
        body: ApprovalRequest,
        response: { 200: NodeView, ...errorResponses },
      },
      handler: ({ params, body }) => orchestrator().setApproval(params.node, body.approval),
    })
    done()
  }
}

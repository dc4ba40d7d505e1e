import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import {
  ApprovalRequest,
  DeletedNode,
  DutyRequest,
  LabelsRequest,
  NodeList,
  NodeView,
} from '../domain/index.ts'
import type { ApiContext } from './api-context.ts'
import { pageOf } from './paging.ts'
import { errorResponses, ListQuery, NodeParams, NoQuery } from './route-schemas.ts'

/** As the orchestrator orders them: by name, then by id. */
const byName = {
  list: 'nodes',
  keyOf: ({ info, id }: NodeView) => [info.name, id],
  isAfter: ({ info, id }: NodeView, [name = '', last = '']: readonly (string | number)[]) =>
    info.name > String(name) || (info.name === name && id > String(last)),
} as const

/** The nodes that the requester knows, and whether they may work. */
export function nodeRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const tags = ['nodes']
    app.get('/nodes', {
      schema: {
        operationId: 'listNodes',
        summary: 'All nodes that ever joined',
        tags,
        querystring: ListQuery,
        response: { 200: NodeList, ...errorResponses },
      },
      handler: async ({ query }) => {
        const { items: nodes, ...next } = pageOf(await orchestrator().nodes(), byName, query)
        return { nodes, ...next }
      },
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

/** What a person decides about a node, beside its approval. */
export function nodeStandingRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    const ofNode = { tags: ['nodes'], params: NodeParams }
    app.put('/nodes/:node/duty', {
      schema: {
        ...ofNode,
        operationId: 'setDuty',
        summary: 'Cordon a node, drain it, or give it work again',
        body: DutyRequest,
        response: { 200: NodeView, ...errorResponses },
      },
      handler: ({ params, body }) => orchestrator().setDuty(params.node, body),
    })
    app.put('/nodes/:node/labels', {
      schema: {
        ...ofNode,
        operationId: 'setLabels',
        summary: 'Set labels of a node, or take them away with null; what is not named stays',
        body: LabelsRequest,
        response: { 200: NodeView, ...errorResponses },
      },
      handler: ({ params, body }) => orchestrator().setLabels(params.node, body.labels),
    })
    app.delete('/nodes/:node', {
      schema: {
        ...ofNode,
        operationId: 'deleteNode',
        summary: 'Forget a node that is not connected',
        response: { 200: DeletedNode, ...errorResponses },
      },
      handler: async ({ params }) => ({ deleted: await orchestrator().deleteNode(params.node) }),
    })
    done()
  }
}

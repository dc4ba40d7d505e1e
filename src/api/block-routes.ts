import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from './api-context.ts'
import { BlockParams, errorResponses, NoQuery, streamOf } from './route-schemas.ts'

/** The bytes of fetched results, block by block; what has this CID never changes. */
export function blockRoutes({ orchestrator }: ApiContext): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/blocks/:cid', {
      config: { errors: ['block_missing'] },
      schema: {
        operationId: 'getBlock',
        summary: 'A block of a fetched result; the reader checks it against its CID',
        tags: ['blocks'],
        params: BlockParams,
        querystring: NoQuery,
        response: { 200: streamOf('application/octet-stream', z.unknown(), 'The bytes'), ...errorResponses },
      },
      handler: async ({ params }, reply) => {
        const bytes = await orchestrator().block(params.cid)
        return reply
          .type('application/octet-stream')
          .header('cache-control', 'private, max-age=31536000, immutable')
          .header('etag', `"${params.cid}"`)
          .header('content-disposition', 'attachment')
          .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      },
    })
    done()
  }
}

/**
 * The HTTP face of a node: one Fastify plugin per resource under /api/v1, requests and answers checked against the
 * schemas of the domain, errors of the domain as HTTP, news as server-sent events, and the OpenAPI document of it all.
 * It knows the requester only as the Orchestrator port.
 */
export { createApi } from './create-api.ts'
export type { Api, ApiInit } from './create-api.ts'

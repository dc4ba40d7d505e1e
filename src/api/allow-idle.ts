import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Lets the request’s connection be silent for so long (0: for ever); the next request on it starts afresh. */
export function allowIdle({ raw }: FastifyRequest, ms: number): void {
  // A request that tests inject has no connection.
  if (raw.socket instanceof Socket) raw.socket.setTimeout(ms)
}
